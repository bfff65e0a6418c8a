import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeMessage } from "../../src/dns/message.ts";
import { formatName } from "../../src/dns/name.ts";
import type { DohLink } from "../../src/upstream/doh-link.ts";
import type { Link, LinkOwner } from "../../src/upstream/link.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { UdpLink } from "../../src/upstream/udp-link.ts";
import { describeWith } from "../support/needs.ts";
import { peerTools, startAuthority } from "../support/peers.ts";
import { dohPeers } from "../support/peers/doh.ts";
import type { Peer } from "../support/peers/peer.ts";
import { temporaryFolder } from "../support/peers/process.ts";
import { signedPeersZone, type Zone } from "../support/peers/zone.ts";
import { type AskedQuestion, type Watched, outcome, watch, plainTcp, dohLink } from "./asking.ts";

const A = 1;
const TXT = 16;
const AAAA = 28;

/** The zone's authority, and what a body can be given to stop at the end. */
function withAuthority(
  body: (authority: () => Peer, zones: () => readonly Zone[], stops: Stop[]) => void,
): void {
  const stops: Stop[] = [];
  let authority: Peer | undefined;
  let zones: readonly Zone[] = [];
  beforeAll(async () => {
    const folder = temporaryFolder();
    stops.push(() => folder.remove());
    zones = [signedPeersZone(folder.path)];
    authority = await startAuthority(zones);
    stops.push(() => authority!.stop());
  });
  body(
    () => authority!,
    () => zones,
    stops,
  );
  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop();
  });
}

type Stop = () => Promise<void> | void;

async function records(question: AskedQuestion): Promise<number> {
  const ended = await question.ended;
  expect(outcome(ended)).toBe("answer");
  const { answers, questions } = decodeMessage(ended.answer!);
  expect(formatName(questions[0]!.name)).toBe(`${question.name}.`);
  return answers.filter(({ type }) => type !== 46).length;
}

/**
 * Small answers, one of about 4 KB and one of about 60 KB, names that are not there, many at a time. NSD drops answers
 * beyond 200 a second that look alike, so servers that do not ask again over TCP get fewer.
 */
async function askAll<Kind extends Link>(
  { link, owner, ask }: Watched<Kind>,
  atATime: number,
): Promise<unknown> {
  expect(await records(ask("WwW.peers.example", A))).toBeGreaterThan(0);
  expect(await records(ask("missing.peers.example", A))).toBe(0);
  expect(await records(ask("aaaa200.peers.example", AAAA))).toBe(200);
  expect(await records(ask("txt250.peers.example", TXT))).toBe(250);
  const many = Array.from({ length: atATime }, (_, at) => ask(`n${at}.wild.peers.example`, A));
  expect(new Set(await Promise.all(many.map(records)))).toEqual(new Set([1]));
  const { answers, mismatches, ends } = owner;
  return { state: link.state, load: link.load, answers: answers - atATime, mismatches, ends };
}

/** What a link must say after that. */
const well = { state: "open", load: 0, answers: 4, mismatches: 0, ends: [] };

describe.each(dohPeers)("DNS over HTTPS to $program", ({ program, start }) => {
  describeWith([...peerTools, program], "as it is installed here", () => {
    withAuthority((authority, zones, stops) => {
      let peer: Peer | undefined;
      beforeAll(async () => {
        peer = await start(zones(), authority());
        stops.push(() => peer!.stop());
      });

      function linkBy(
        method: "POST" | "GET",
        { path = "/dns-query", tickets = new TicketStore() } = {},
      ): Watched<DohLink> {
        const { tls, name, ca } = peer!;
        const anchors = new TrustAnchors(readFileSync(ca, "utf8"));
        const target = {
          address: "127.0.0.1",
          port: tls,
          name,
          pins: [],
          anchors,
          minVersion: "TLSv1.2" as const,
        };
        return watch((owner) => dohLink(target, { path, method }, tickets, owner));
      }

      test.each(["POST", "GET"] as const)("by %s", async (method) => {
        expect(await askAll(linkBy(method), 60)).toEqual(well);
      });

      test("resumes its TLS session", async () => {
        const tickets = new TicketStore();
        const first = linkBy("POST", { tickets });
        await records(first.ask("www.peers.example", A));
        first.link.close();
        const second = linkBy("POST", { tickets });
        await records(second.ask("www.peers.example", A));
        expect(second.owner.opened).toMatchObject([{ resumed: true }]);
      });

      test("at a path where there is nothing: told by its status", async () => {
        expect(outcome(await linkBy("POST", { path: "/nothing" }).ask("www.peers.example", A).ended)).toMatch(
          /^(http: HTTP status 4\d\d|http: HTTP\/2: the server reset it|closed: )/,
        );
      });

      test("that stops: what is in flight is lost, or answered", async () => {
        const watched = linkBy("POST");
        await records(watched.ask("www.peers.example", A));
        const many = Array.from({ length: 50 }, (_, at) => watched.ask(`s${at}.wild.peers.example`, A));
        await peer!.stop();
        const kinds = new Set(
          (await Promise.all(many.map(({ ended }) => ended))).map(({ failure }) => failure?.kind),
        );
        expect([...kinds].filter((kind) => kind !== undefined && kind !== "closed")).toEqual([]);
        await expect.poll(() => watched.link.state).toBe("over");
      });
    });
  });
});

describeWith(peerTools, "plain DNS to nsd", () => {
  withAuthority((authority) => {
    test("over UDP, and over TCP where an answer is truncated", async () => {
      const target = { address: "127.0.0.1", port: authority().plain };
      const open = (owner: LinkOwner): UdpLink => new UdpLink(target, plainTcp(target), owner);
      expect(await askAll(watch(open), 500)).toEqual(well);
    });

    test("that stops: refused", async () => {
      const target = { address: "127.0.0.1", port: authority().plain };
      const { link, ask } = watch((owner) => new UdpLink(target, plainTcp(target), owner));
      await records(ask("www.peers.example", A));
      await authority().stop();
      expect(outcome(await ask("www.peers.example", A).ended)).toMatch(/^refused: /);
      expect(link.state).toBe("over");
    });
  });
});
