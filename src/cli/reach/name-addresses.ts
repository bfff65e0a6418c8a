import { lookup } from "node:dns/promises";
import type { BootstrapServer } from "../../config/config.ts";
import { Bootstrap, written } from "../../upstream/bootstrap.ts";
import type { Family, Found } from "../../upstream/bootstrap-answer.ts";
import type { Failure } from "../../upstream/failure.ts";

/** What one resolver said of a name. */
export interface Said {
  /** The resolver, for people. */
  readonly from: string;
  readonly addresses: readonly string[];
  /** Why it said nothing; null: it answered, if only that there is no address. */
  readonly failure: Failure | null;
  /** Milliseconds until all that it said was there. */
  readonly ms: number;
}

/**
 * The addresses of an upstream that is known by name: what each bootstrap resolver says of it, asked as the server asks it,
 * but all at once; where there is none, what this system says. Both families. Never rejects.
 */
export async function addressesOf(name: string, bootstrap: readonly BootstrapServer[]): Promise<Said[]> {
  if (bootstrap.length === 0) return [await fromSystem(name)];
  return Promise.all(bootstrap.map((server) => fromResolver(name, server)));
}

/** The addresses that count: those of the first resolver that has some. */
export function firstAddresses(said: readonly Said[]): readonly string[] {
  return said.find(({ addresses }) => addresses.length > 0)?.addresses ?? [];
}

async function fromResolver(name: string, server: BootstrapServer): Promise<Said> {
  const startedAt = performance.now();
  const bootstrap = new Bootstrap([server]);
  const { signal } = new AbortController();
  const find = (family: Family): Promise<Found | Failure> => bootstrap.lookup(name, family, signal);
  const families = await Promise.all([find(4), find(6)]);
  const addresses = families.flatMap((found) => ("kind" in found ? [] : found.addresses));
  const failure = families.find((found): found is Failure => "kind" in found) ?? null;
  const ms = performance.now() - startedAt;
  return { from: written(server), addresses, failure, ms };
}

async function fromSystem(name: string): Promise<Said> {
  const startedAt = performance.now();
  let addresses: string[] = [];
  let failure: Failure | null = null;
  try {
    addresses = [
      ...new Set((await lookup(name, { all: true, verbatim: true })).map(({ address }) => address)),
    ];
  } catch (error) {
    failure = { kind: "bootstrap", text: error instanceof Error ? error.message : String(error) };
  }
  return { from: "this system", addresses, failure, ms: performance.now() - startedAt };
}
