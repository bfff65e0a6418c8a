import { afterAll, beforeAll, expect, test } from "vitest";
import type { UpstreamSpec } from "../../src/config/config.ts";
import { DEFAULT_TLS, mergeTls } from "../../src/config/tls-options.ts";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { load, pause, type Timely, within } from "../support/forwarder.ts";
import { describeWith } from "../support/needs.ts";
import { peers, peerTools, startAuthority } from "../support/peers.ts";
import type { Peer } from "../support/peers/peer.ts";
import { restarted, temporaryFolder } from "../support/peers/process.ts";
import { signedPeersZone } from "../support/peers/zone.ts";
import { outcomeOf, type Served, serve } from "../support/serve.ts";

const ADDRESS = "192.0.2.90";
const SUFFIX = "wild.peers.example";
/** Of each client; the authority behind all of them drops answers that look alike beyond 200 a second. */
const PER_SECOND = 40;
/** When it begins, and how long it lasts, ms. */
const FROM = 1000;
const LASTS = 3000;
/** How long to listen after it, ms. */
const AFTER = 4000;
/** How long a client may wait where another server is there, ms; what other programs take of the machine aside. */
const PATIENCE = 1500;
const TIMEOUT = 4000;

function specOf(peer: Peer): UpstreamSpec {
  return readUpstream(
    `tls://127.0.0.1:${peer.tls}#${peer.name}`,
    mergeTls(DEFAULT_TLS, { ca: { file: peer.ca } }),
  );
}

/** Each way to take a server away for a while. */
const interruptions: readonly {
  readonly what: string;
  readonly begin: (peer: Peer) => Promise<void> | void;
  readonly end: (peer: Peer) => Promise<void> | void;
}[] = [
  {
    what: "stopped (SIGTERM) and started again on its port",
    begin: (peer) => peer.halt(),
    end: (peer) => peer.restart(),
  },
  {
    what: "paused (SIGSTOP) and continued (SIGCONT)",
    begin: (peer) => peer.signal("SIGSTOP"),
    end: (peer) => peer.signal("SIGCONT"),
  },
];

interface Watched {
  readonly replies: readonly Timely[];
  /** When the server was back, ms since the stream began. */
  readonly endedAt: number;
}

/** Asks each of `servers` without a break, about names that nobody has asked for yet, while `peer` is away for a while. */
async function loadWhile(
  servers: readonly Served[],
  peer: Peer,
  { begin, end }: (typeof interruptions)[number],
): Promise<Watched[]> {
  let endedAt = Infinity;
  const startedAt = performance.now();
  const interrupt = async (): Promise<void> => {
    await pause(FROM);
    await begin(peer);
    await pause(startedAt + FROM + LASTS - performance.now());
    await end(peer);
    endedAt = performance.now() - startedAt;
  };
  const streams = servers.map(({ client }, at) =>
    load(client, PER_SECOND, FROM + LASTS + AFTER, { prefix: nextPrefix(at), suffix: SUFFIX }),
  );
  const [all] = await Promise.all([Promise.all(streams), interrupt()]);
  return all.map((replies) => ({ replies, endedAt }));
}

let prefixes = 0;

function nextPrefix(at: number): string {
  return `s${at}-${prefixes++}-`;
}

/** What is no answer. */
function failuresOf(replies: readonly Timely[]): string[] {
  return replies.map(({ message }) => outcomeOf(message)).filter((outcome) => outcome !== ADDRESS);
}

/** Asks until its first server answers a good part of what is asked, for 10 s at the most. Gives the last part. */
async function shareWhenBack({ client, server }: Served): Promise<number> {
  let share = 0;
  for (let left = 10; left > 0 && share < 0.3; left--) {
    const before = server.status().upstreams[0]!.answers;
    const replies = await load(client, PER_SECOND, 1000, { prefix: nextPrefix(9), suffix: SUFFIX });
    expect(failuresOf(replies)).toEqual([]);
    share = (server.status().upstreams[0]!.answers - before) / replies.length;
  }
  return share;
}

const policies = ["failover", "round-robin"] as const;

for (const { program, start } of peers.filter((peer) => peer.program !== "nsd")) {
  describeWith([...new Set([...peerTools, "kdig", program])], `${program} behind dotls`, () => {
    const stops: (() => Promise<void> | void)[] = [];
    let authority: Peer;
    let peer: Peer;
    beforeAll(async () => {
      const folder = temporaryFolder();
      stops.push(() => folder.remove());
      const zones = [signedPeersZone(folder.path)];
      authority = await restarted(() => startAuthority(zones));
      stops.push(() => authority.stop());
      peer = await restarted(() => start(zones, authority));
      stops.push(() => peer.stop());
    });
    afterAll(async () => {
      for (const stop of stops.toReversed()) await stop();
    });

    test.each(interruptions.map((one) => [one.what, one] as const))(
      "%s under load: beside another server nobody is failed or waits 1.5 s, alone all hear why",
      async (_, interruption) => {
        const alone = await serve([specOf(peer)], { timeout: TIMEOUT });
        const paired = await Promise.all(
          policies.map((policy) => serve([specOf(peer), specOf(authority)], { policy })),
        );
        const [single, ...pairs] = await loadWhile([alone, ...paired], peer, interruption);

        for (const [at, { replies }] of pairs.entries()) {
          expect(failuresOf(replies)).toEqual([]);
          expect(within(replies, 1)).toBeLessThan(PATIENCE);
          expect(await shareWhenBack(paired[at]!)).toBeGreaterThanOrEqual(0.3);
        }

        const { replies, endedAt } = single!;
        expect(endedAt).toBeLessThan(FROM + LASTS + 2000);
        expect(within(replies, 1)).toBeLessThan(TIMEOUT + 500);
        const told = failuresOf(replies);
        expect(told.filter((outcome) => !/^SERVFAIL 2[23] \S/.test(outcome))).toEqual([]);
        const untouched = replies.filter(({ askedAt }) => askedAt < FROM - 500 || askedAt > endedAt + 2000);
        expect(failuresOf(untouched)).toEqual([]);
        expect(untouched.length).toBeGreaterThan(PER_SECOND);
      },
      60_000,
    );
  });
}
