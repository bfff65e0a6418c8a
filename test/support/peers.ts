import { startDnsdist } from "./peers/dnsdist.ts";
import { startKresd } from "./peers/kresd.ts";
import { startNsd } from "./peers/nsd.ts";
import type { Peer } from "./peers/peer.ts";
import { startUnbound } from "./peers/unbound.ts";
import type { Zone } from "./peers/zone.ts";

/** The real DNS-over-TLS servers that tests put behind dotls, by the name of their program. */
export const peers: readonly {
  readonly program: string;
  /** Brings it up in front of `authority`, an NSD that serves the zones; NSD itself is that authority. */
  readonly start: (zones: readonly Zone[], authority: Peer) => Promise<Peer>;
}[] = [
  { program: "nsd", start: async (_zones, authority) => authority },
  { program: "unbound", start: (zones, authority) => startUnbound(zones, authority.plain) },
  { program: "dnsdist", start: (zones, authority) => startDnsdist(zones, authority.plain) },
  { program: "kresd", start: (zones, authority) => startKresd(zones, authority.plain) },
];

/** The programs that every one of them needs: the authority behind it, keys and signatures. */
export const peerTools: readonly string[] = ["nsd", "openssl", "dnssec-keygen", "dnssec-signzone"];

/** The authority behind all others. */
export const startAuthority: (zones: readonly Zone[]) => Promise<Peer> = startNsd;
