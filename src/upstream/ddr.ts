import { parseName } from "../dns/name.ts";
import { RrType } from "../dns/rrtype.ts";
import { addressesIn } from "./bootstrap-answer.ts";
import { type PlainServer, askPlain } from "./bootstrap-exchange.ts";
import { DDR_NAME, type Designation, designationsIn } from "./ddr-answer.ts";
import type { Failure } from "./failure.ts";

/** What was discovered, and how long it holds. */
export interface Discovery {
  /** Best first; each has an address. */
  readonly designations: readonly Designation[];
  /** In seconds. */
  readonly ttl: number;
}

/** Aliases that are followed. */
const MAX_ALIASES = 4;

/** Ways that are looked at: nobody has more. */
const MAX_DESIGNATIONS = 8;

/**
 * Asks a plain resolver for its encrypted faces (RFC 9462 section 4). What it says is worth nothing until a certificate has
 * shown that the resolver's address is meant: see DdrBook. Addresses that do not come along are asked for at the same
 * resolver; where there are none, the resolver's own is tried. Never rejects. `signal` gives it up.
 */
export async function discover(server: PlainServer, signal: AbortSignal): Promise<Discovery | Failure> {
  let name = DDR_NAME;
  let ttl = Number.POSITIVE_INFINITY;
  for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
    const answer = await askPlain(server, { name, type: RrType.SVCB }, signal);
    const found = "kind" in answer ? answer : designationsIn(answer, name);
    if ("kind" in found) return found;
    ttl = Math.min(ttl, found.ttl);
    if (found.list.length > 0) {
      const list = found.list.slice(0, MAX_DESIGNATIONS);
      return {
        designations: await Promise.all(
          list.map((designation) => withAddresses(designation, server, signal)),
        ),
        ttl,
      };
    }
    if (found.alias === null) break;
    name = found.alias;
  }
  return { kind: "bootstrap", text: "it names no encrypted resolver that can be used here (RFC 9462)" };
}

async function withAddresses(
  designation: Designation,
  server: PlainServer,
  signal: AbortSignal,
): Promise<Designation> {
  const scoped = (addresses: readonly string[]): string[] => withScope(addresses, server.address);
  if (designation.addresses.length > 0) {
    return { ...designation, addresses: scoped(designation.addresses) };
  }
  const name = parseName(`${designation.target}.`);
  const families = await Promise.all(
    ([6, 4] as const).map(async (family) => {
      const type = family === 4 ? RrType.A : RrType.AAAA;
      const answer = await askPlain(server, { name, type }, signal);
      const found = "kind" in answer ? answer : addressesIn(answer, name, family);
      return "kind" in found ? [] : found.addresses;
    }),
  );
  const addresses = scoped(families.flat());
  return { ...designation, addresses: addresses.length > 0 ? addresses : [server.address] };
}

/** Link-local addresses that a resolver names are on its own link: without that scope they cannot be reached. */
function withScope(addresses: readonly string[], resolver: string): string[] {
  const scope = /%.*$/.exec(resolver)?.[0] ?? "";
  return addresses.map((address) => (/^fe[89ab]/i.test(address) ? `${address}${scope}` : address));
}
