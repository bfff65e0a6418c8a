import type { Policy as PolicyName } from "../config/config.ts";
import { formatName } from "../dns/name.ts";
import { HEADER_LENGTH } from "../dns/header.ts";
import { failover } from "../upstream/policy/failover.ts";
import { fastest } from "../upstream/policy/fastest.ts";
import { type RegistrableAt, hash } from "../upstream/policy/hash.ts";
import type { PolicyMaker } from "../upstream/policy/policy.ts";
import { race } from "../upstream/policy/race.ts";
import { roundRobin } from "../upstream/policy/round-robin.ts";

/** The policies that the configuration asks for; the list of public suffixes is loaded only for `hash`, which needs it. */
export async function policyMakers(
  names: ReadonlySet<PolicyName>,
): Promise<(name: PolicyName) => PolicyMaker> {
  const registrableAt = names.has("hash") ? await publicSuffixes() : null;
  const makers: Record<PolicyName, PolicyMaker> = {
    failover,
    "round-robin": roundRobin,
    fastest,
    race,
    hash: (upstreams) => hash(upstreams, registrableAt ?? wholeName),
  };
  return (name) => makers[name];
}

const wholeName: RegistrableAt = () => HEADER_LENGTH;

/** Finds the registrable domain by the public suffix list; a name that has none is taken whole. */
async function publicSuffixes(): Promise<RegistrableAt> {
  const { getDomain } = await import("tldts");
  return (question, nameEnd) => {
    const name = formatName(question, HEADER_LENGTH).slice(0, -1);
    const domain = getDomain(name, { allowPrivateDomains: true, validateHostname: false });
    if (domain === null) return HEADER_LENGTH;
    // Labels are counted, not letters: in the text a byte may be four characters.
    let skip = name.split(".").length - domain.split(".").length;
    let at = HEADER_LENGTH;
    for (; skip > 0 && at < nameEnd; skip--) at += question[at]! + 1;
    return at;
  };
}
