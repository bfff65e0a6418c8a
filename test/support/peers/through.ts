import { afterAll, beforeAll, describe, expect } from "vitest";
import { fileURLToPath } from "node:url";
import { describeWith } from "../needs.ts";
import { peers, peerTools, startAuthority } from "../peers.ts";
import { type RunningDotls, type Server, startDotls } from "./dotls.ts";
import type { Peer } from "./peer.ts";
import { restarted, temporaryFolder } from "./process.ts";
import { type Question, questionsOf } from "./questions.ts";
import type { PrintedReply } from "./reply-text.ts";
import { signedPeersZone, type Zone } from "./zone.ts";

/** What a test has in its hands: a server, dotls in front of it, and what can be asked. */
export interface Path {
  /** The upstream's plain port: what its answers are when nobody stands in between. */
  readonly direct: Server;
  readonly through: Server;
  /** A question for each record set of the zone that has every type. */
  readonly everyType: readonly Question[];
}

const vectors: Zone = {
  origin: "vectors.example",
  file: fileURLToPath(new URL("../../dns/rr/vectors.zone", import.meta.url)),
};

/**
 * Describes the same tests for each real server as DoT upstream of dotls. `programs` are those of the client;
 * `place` says where dotls listens when it matters.
 */
export function describeThroughDotls(
  programs: readonly string[],
  body: (path: () => Path) => void,
  place?: Server,
): void {
  describe.each(peers)("through dotls to $program", ({ program, start }) => {
    describeWith(
      [...programs, ...new Set([...peerTools, "kdig", program])],
      programs.length === 0 ? "with node:dns" : `with ${programs.join(", ")}`,
      () => {
        const stops: (() => Promise<void> | void)[] = [];
        let path: Path | undefined;
        beforeAll(async () => {
          const folder = temporaryFolder();
          stops.push(() => folder.remove());
          const zones = [signedPeersZone(folder.path), vectors];
          const authority = await restarted(() => startAuthority(zones));
          stops.push(() => authority.stop());
          const upstream: Peer = await restarted(() => start(zones, authority));
          stops.push(() => upstream.stop());
          const dotls: RunningDotls = await restarted(() => startDotls(upstream, zones[0]!.origin, place));
          stops.push(() => dotls.stop());
          path = {
            direct: { address: "127.0.0.1", port: upstream.plain },
            through: dotls,
            everyType: questionsOf(authority, vectors.origin),
          };
        });
        afterAll(async () => {
          for (const stop of stops.toReversed()) await stop();
        });
        body(() => path!);
      },
    );
  });
}

/** How far a TTL may have been counted down between two askings, in seconds. */
const drift = 10;

/** By so much may a TTL be above what the server says itself by now: both caches count whole seconds from moments of their own. */
const rounding = 2;

/**
 * What replies through a forwarder must be when these came directly a moment ago: the same, but TTLs may have gone on,
 * and the header is that of a forwarder: RA set, AA never, CD as in the query (RFC 4035 section 3.1.6).
 */
export function sameAs(direct: readonly PrintedReply[], query: { readonly cd?: boolean } = {}): unknown[] {
  return direct.map(({ ttls: before, flags, ...reply }) => ({
    ...reply,
    flags: [
      ...flags.filter((flag) => !["aa", "ra", "cd"].includes(flag)),
      "ra",
      ...(query.cd === true ? ["cd"] : []),
    ].sort(),
    ttls: expect.toSatisfy(
      (ttls: number[]) =>
        ttls.length === before.length &&
        ttls.every((ttl, record) => ttl <= before[record]! + rounding && ttl >= before[record]! - drift),
      `TTLs at most ${drift} s below and ${rounding} s above ${before.join(", ")}`,
    ),
  }));
}
