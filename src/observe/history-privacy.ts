import { equalFolded } from "../dns/name-hash.ts";
import type { Outcome } from "./outcome.ts";

/** How much is kept of who asked; `counters-only`: nothing of any query. */
export type Privacy = "full" | "mask-clients" | "hide-clients" | "counters-only";

/** A name that is not kept, with all below it. */
export interface IgnoredName {
  /** In wire form. */
  readonly name: Uint8Array;
  /** Only what is below it, not the name itself. */
  readonly below: boolean;
}

/** Addresses of which the network is remembered; a home has fewer, and a flood of others must not grow without end. */
const MOST_NETWORKS = 4096;

/** The first byte of the question section, where the name of an outcome starts. */
const NAME_AT = 12;

/** What is kept of queries, decided before anything is: what was left away nobody can find later. */
export class HistoryPrivacy {
  readonly privacy: Privacy;
  /** By the length of the name, so that a label's offset leads to the few that can be meant. */
  readonly #ignored = new Map<number, IgnoredName[]>();
  readonly #networks = new Map<string, string>();

  constructor(privacy: Privacy = "full", ignored: readonly IgnoredName[] = []) {
    this.privacy = privacy;
    for (const one of ignored) {
      const same = this.#ignored.get(one.name.length) ?? [];
      this.#ignored.set(one.name.length, [...same, one]);
    }
  }

  /** Whether anything of the query may be kept. */
  keeps(outcome: Outcome): boolean {
    if (this.privacy === "counters-only") return false;
    return this.#ignored.size === 0 || !this.#ignores(outcome.bytes, outcome.nameLength);
  }

  /** What is kept of a client's address: itself, its network (`192.0.2.0/24`, `2001:db8:0:100::/56`), or empty text. */
  client(address: string): string {
    if (this.privacy === "full") return address;
    return this.privacy === "mask-clients" ? this.#network(address) : "";
  }

  /** Whether the client's port is kept: with an address that is not, it would still tell programs apart. */
  get keepsPorts(): boolean {
    return this.privacy === "full";
  }

  #ignores(bytes: Uint8Array, nameLength: number): boolean {
    const end = NAME_AT + nameLength;
    for (let at = NAME_AT; at < end; at += 1 + bytes[at]!) {
      const ignored = this.#ignored.get(end - at);
      if (ignored === undefined) continue;
      for (const { name, below } of ignored) {
        if (below && at === NAME_AT) continue;
        if (equalFolded(name, 0, bytes, at, name.length)) return true;
      }
    }
    return false;
  }

  #network(address: string): string {
    const known = this.#networks.get(address);
    if (known !== undefined) return known;
    if (this.#networks.size >= MOST_NETWORKS) this.#networks.clear();
    const network = networkOf(address);
    this.#networks.set(address, network);
    return network;
  }
}

/** The /24 of an IPv4 address, the /56 of an IPv6 address, as text. */
function networkOf(address: string): string {
  if (!address.includes(":")) return `${address.slice(0, address.lastIndexOf("."))}.0/24`;
  const groups = groupsOf(address);
  groups[3]! &= 0xff00;
  const kept = groups.slice(0, 4);
  while (kept.at(-1) === 0) kept.pop();
  return `${kept.map((group) => group.toString(16)).join(":")}::/56`;
}

/** The eight groups of an IPv6 address; its scope is left away. */
export function groupsOf(address: string): number[] {
  const [bare = ""] = address.split("%");
  const [head = "", tail] = bare.split("::");
  const first = numbersOf(head);
  const last = numbersOf(tail ?? "");
  const zeros = Array.from<number>({ length: Math.max(0, 8 - first.length - last.length) }).fill(0);
  return [...first, ...zeros, ...last];
}

function numbersOf(part: string): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    // The end of an address that embeds IPv4.
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
