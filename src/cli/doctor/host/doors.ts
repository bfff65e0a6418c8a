import type { ListenAddress } from "../../../config/config.ts";
import { canonicalAddress, isLoopback, isWildcard } from "../../../config/ip-address.ts";

/** The port of DNS: the only one that resolv.conf can mean. */
export const DNS_PORT = 53;

/** Where dotls listens by its configuration, and which addresses this host has. */
export class Doors {
  readonly listen: readonly ListenAddress[];
  readonly #local: ReadonlySet<string>;

  constructor(listen: readonly ListenAddress[], local: readonly string[]) {
    this.listen = listen;
    this.#local = new Set(local);
  }

  /** Those at port 53. */
  get standard(): readonly ListenAddress[] {
    return this.listen.filter(({ port }) => port === DNS_PORT);
  }

  /** Whether a query to this address and port comes to dotls. */
  leadHere(address: string, port: number = DNS_PORT): boolean {
    const bare = canonicalAddress(address) ?? address;
    return this.listen.some((door) => {
      if (door.port !== port) return false;
      if (door.address === bare) return true;
      // `::` means both families, as the listeners have it.
      if (!isWildcard(door.address) || (door.address === "0.0.0.0" && bare.includes(":"))) return false;
      return isLoopback(bare) || isWildcard(bare) || this.#local.has(bare);
    });
  }
}
