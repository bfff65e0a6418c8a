import type { BootstrapServer } from "../../config/config.ts";
import type { KeptAddresses } from "../../upstream/address-store.ts";
import { milliseconds } from "../query/footer.ts";
import { addressesOf, firstAddresses, type Said } from "../reach/name-addresses.ts";
import { type Finding, finding, rounded } from "./finding.ts";

/** The addresses of an upstream that is known by name, and how they were come by. */
interface Resolved {
  readonly addresses: readonly string[];
  readonly finding: Finding;
}

/**
 * Finds the addresses of a name as the server does: at the bootstrap resolvers, else among what is kept on disk (`kept`);
 * where nobody is configured whom it could ask, at this system's own resolver. Never rejects.
 */
export async function resolveName(
  name: string,
  bootstrap: readonly BootstrapServer[],
  kept: KeptAddresses | undefined,
): Promise<Resolved> {
  const said = await addressesOf(name, bootstrap);
  const addresses = firstAddresses(said);
  const ms = Math.max(...said.map((one) => one.ms));
  const facts = { name, addresses, ms: rounded(ms), from: said.map(({ from }) => from) };
  const details = said.length === 1 && addresses.length > 0 ? [] : said.map(line);
  if (addresses.length === 0) return unknown(name, said, kept, { facts, details });
  const good = said.find((one) => one.addresses.length > 0)!;
  const text = `${milliseconds(good.ms)}, ${addresses.join(", ")}, from ${good.from}`;
  if (bootstrap.length === 0) {
    const advice =
      "dotls serve does not ask this system, which may ask dotls: write the address (tls://ADDRESS#NAME, or addresses in the long form), or set bootstrap.";
    return { addresses, finding: finding("resolve", "warn", text, { facts, advice }) };
  }
  if (said.some(({ failure }) => failure !== null)) {
    const advice = "Another one answers, so dotls works: mend or replace the one in bootstrap that does not.";
    return { addresses, finding: finding("resolve", "warn", text, { facts, details, advice }) };
  }
  return { addresses, finding: finding("resolve", "ok", text, { facts, details }) };
}

function unknown(
  name: string,
  said: readonly Said[],
  kept: KeptAddresses | undefined,
  { facts, details }: { facts: Record<string, unknown>; details: readonly string[] },
): Resolved {
  const advice =
    "Write the upstream with its address (tls://ADDRESS#NAME, or addresses in the long form), or set bootstrap to a resolver that can be reached.";
  const who = said.map(({ from }) => from).join(", ");
  const text = `no address for ${name} from ${who}`;
  if (kept === undefined) {
    return { addresses: [], finding: finding("resolve", "fail", text, { facts, details, advice }) };
  }
  const { addresses, at } = kept;
  const since = new Date(at).toISOString().slice(0, 10);
  const found = finding("resolve", "warn", `${text}; those of ${since} are kept: ${addresses.join(", ")}`, {
    details,
    advice,
    facts: { ...facts, addresses, kept: new Date(at).toISOString() },
  });
  return { addresses, finding: found };
}

function line({ from, addresses, failure, ms }: Said): string {
  const none = failure?.text.replace(`${from}: `, "") ?? "no address";
  return `${from}: ${addresses.length === 0 ? none : addresses.join(", ")} (${milliseconds(ms)})`;
}
