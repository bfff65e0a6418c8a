import { BlockList, isIPv6 } from "node:net";
import { inOrder } from "./address-book-order.ts";
import { Refresh, refreshAfter } from "./address-book-refresh.ts";
import { written } from "./bootstrap.ts";
import type { PlainServer } from "./bootstrap-exchange.ts";
import type { Designation } from "./ddr-answer.ts";
import { type Discovery, discover } from "./ddr.ts";
import type { Failure, FailureKind } from "./failure.ts";
import type { Verify } from "./proof.ts";
import type { Whereabouts } from "./race-dial.ts";

/** When discovery fails while something is known, it is tried again after this time, in ms. */
const RETRY = 60_000;

/** When no designation can be reached, new ones are looked for, but not sooner than so long after the last time, in ms. */
const DOUBT = 5000;

/** Who was there did not prove to be meant: asking the resolver again would not help (RFC 9462 section 4.2). */
const unproven: ReadonlySet<FailureKind> = new Set<FailureKind>(["name", "untrusted", "clock", "pin"]);

const NOT_YET: Failure = { kind: "timeout", text: "no answer yet" };

/** One place where a designated resolver may be, and what must be proved there. */
export interface DesignatedTarget {
  readonly address: string;
  readonly port: number;
  /** What the certificate must carry: the address of the plain resolver, wherever the connection goes (section 4.2). */
  readonly name: string;
  readonly verify: Verify;
}

/**
 * What a plain resolver says of its encrypted faces (RFC 9462): asked when it is first needed, and again before that ends
 * while it is used. It holds for one network, so a change of network forgets it (section 4.1.1).
 */
export class DdrBook {
  readonly resolver: PlainServer;
  #verify: Verify;
  #discover: (server: PlainServer, signal: AbortSignal) => Promise<Discovery | Failure>;
  #refresh: Refresh;
  #designations: readonly Designation[] = [];
  /** Which of them is used. */
  #at = 0;
  #good: string | null = null;
  #failure: Failure = NOT_YET;

  /** `verify`: how much an upstream must prove, as the configuration wants it. */
  constructor(resolver: PlainServer, verify: Verify, discovering: typeof discover = discover) {
    this.resolver = resolver;
    this.#verify = verify;
    this.#discover = discovering;
    this.#refresh = new Refresh((signal) => this.#look(signal));
  }

  /** The designation to use now; null: none is known. Asking means that somebody wants to use it. */
  current(): Designation | null {
    this.#refresh.use();
    return this.#designations[this.#at] ?? null;
  }

  /** For people: where the designation is that is used, whether or not somebody wants to; null: none is known. */
  get inUse(): { protocol: "tls" | "https"; name: string; address: string; port: number } | null {
    const used = this.#designations[this.#at];
    if (used === undefined) return null;
    const { protocol, target, port, addresses } = used;
    const address = inOrder(addresses, this.#good, new Set())[0];
    return address === undefined ? null : { protocol, name: target, address, port };
  }

  /** All that are known, best first. */
  get designations(): readonly Designation[] {
    return this.#designations;
  }

  /** Resolves when there is something to use, or discovery came to nothing. Never rejects. */
  async ready(): Promise<void> {
    if (this.current() === null) await this.#refresh.settled();
  }

  /** Why nothing is known. */
  get reason(): Failure {
    const { kind, text } = this.#failure;
    return {
      kind: kind === "timeout" ? "timeout" : "bootstrap",
      text: `no encrypted resolver could be found at ${written(this.resolver)}: ${text}`,
    };
  }

  /**
   * Who must be found at an address of a designation. Strict unless the configuration says otherwise; and what proves
   * nothing is let through only at the very address of the plain resolver, and only if that is a private one: else an
   * answer that anybody can forge would lead the queries anywhere (section 4.3).
   */
  target({ port }: Designation, address: string): DesignatedTarget {
    const own = this.resolver.address;
    const name = own.replace(/%.*$/, "");
    const proves = this.#verify === "strict" || this.#verify === "pin";
    const allowed = proves || (address === own && isPrivate(name));
    return { address, port, name, verify: allowed ? this.#verify : "strict" };
  }

  /** Where a designation is, for `raceDial`. */
  whereabouts(designation: Designation): Whereabouts {
    return {
      reason: this.reason,
      places: () => inOrder(designation.addresses, this.#good, new Set()),
      ready: () => Promise.resolve(),
      settled: () => Promise.resolve(),
      opened: (address) => {
        this.#good = address;
      },
      failed: () => {},
      lost: (failure) => this.#lost(designation, failure),
    };
  }

  /** The network changed: another one may have another resolver at this address. */
  renew(): void {
    this.#designations = [];
    this.#at = 0;
    this.#good = null;
    this.#failure = NOT_YET;
    this.#refresh.renew();
  }

  /** Asks nothing any more. */
  stop(): void {
    this.#refresh.stop();
  }

  /** The next one is tried the next time. */
  #lost(designation: Designation, { kind }: Failure): void {
    if (this.#designations[this.#at] !== designation) return;
    this.#at = (this.#at + 1) % this.#designations.length;
    if (!unproven.has(kind)) this.#refresh.hasten(DOUBT);
  }

  async #look(signal: AbortSignal): Promise<number> {
    const found = await this.#discover(this.resolver, signal);
    if (signal.aborted) return 0;
    if ("kind" in found) {
      this.#failure = found;
      return this.#designations.length === 0 ? 0 : RETRY;
    }
    // What is the same stays in use, whatever order chance gave it; the best of what is new is tried first.
    if (contentOf(found.designations) !== contentOf(this.#designations)) {
      this.#designations = found.designations;
      this.#at = 0;
    }
    return refreshAfter(found.ttl);
  }
}

/** Equal for the same designations in any order. */
function contentOf(designations: readonly Designation[]): string {
  return designations
    .map((designation) => JSON.stringify(designation))
    .sort()
    .join("\n");
}

/** RFC 1918, RFC 3927, RFC 4193, RFC 4291: addresses for which no authority can vouch; and those of this host. */
const privateNetworks = new BlockList();
privateNetworks.addSubnet("10.0.0.0", 8, "ipv4");
privateNetworks.addSubnet("172.16.0.0", 12, "ipv4");
privateNetworks.addSubnet("192.168.0.0", 16, "ipv4");
privateNetworks.addSubnet("169.254.0.0", 16, "ipv4");
privateNetworks.addSubnet("127.0.0.0", 8, "ipv4");
privateNetworks.addSubnet("fc00::", 7, "ipv6");
privateNetworks.addSubnet("fe80::", 10, "ipv6");
privateNetworks.addAddress("::1", "ipv6");

function isPrivate(address: string): boolean {
  return privateNetworks.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
