import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWith } from "../../support/needs.ts";
import { peers, peerTools, startAuthority } from "../../support/peers.ts";
import type { Peer } from "../../support/peers/peer.ts";
import { temporaryFolder } from "../../support/peers/process.ts";
import { signedPeersZone } from "../../support/peers/zone.ts";
import { dotlsQuery } from "../query/ask.ts";
import { examine } from "./surroundings.ts";

/** What each program is known to do with this configuration of it. */
const known: Readonly<Record<string, Record<string, unknown>>> = {
  nsd: { padding: "warn", dnssec: "ok", validation: "info", query: "warn", idle: "info" },
  unbound: { padding: "ok", dnssec: "ok", validation: "ok", query: "ok", order: "ok", idle: "info" },
  dnsdist: { padding: "warn", dnssec: "ok", validation: "info", query: "warn" },
  kresd: { padding: "ok", validation: "info", query: "ok", idle: "ok" },
};

describe.each(peers)("dotls doctor looks at $program", ({ program, start }) => {
  describeWith([...new Set([...peerTools, "kdig", program])], "a real server", () => {
    const stops: (() => Promise<void> | void)[] = [];
    let peer: Peer;
    let authority: Peer;
    beforeAll(async () => {
      const folder = temporaryFolder();
      stops.push(() => folder.remove());
      const zones = [signedPeersZone(folder.path)];
      authority = await startAuthority(zones);
      stops.push(() => authority.stop());
      peer = await start(zones, authority);
      if (peer !== authority) stops.push(() => peer.stop());
    });
    afterAll(async () => {
      for (const stop of stops.toReversed()) await stop();
    });

    it("and finds what the program is known to do", async () => {
      const spec = `tls://127.0.0.1:${peer.tls}#${peer.name}`;
      const { code, found } = await examine(spec, { flags: { tlsCa: peer.ca }, name: "www.peers.example" });
      expect(code).toBe(0);
      const marks = Object.fromEntries([...found].map(([check, { mark }]) => [check, mark]));
      expect(marks).toMatchObject({
        connect: "ok",
        handshake: "ok",
        case: "ok",
        resumption: "ok",
        "tls-versions": "ok",
        alpn: "ok",
        ...known[program],
      });
      // The certificate of the test is made for two days.
      expect(found.get("certificate")).toMatchObject({ mark: "warn", facts: { daysLeft: 1 } });
    });

    it("and its answers are compared with those of the authority behind it", async () => {
      const servers = [`tls://127.0.0.1:${peer.tls}#${peer.name}`, `udp://127.0.0.1:${authority.plain}`];
      const { out, code } = await dotlsQuery(
        "www.peers.example",
        "AAAA",
        `+tls-ca=${peer.ca}`,
        "+json",
        "--compare",
        ...servers,
      );
      expect(code).toBe(0);
      const { differs, answers } = JSON.parse(out) as { differs: string[]; answers: unknown[] };
      expect(answers).toEqual([
        { name: "www.peers.example.", class: "IN", type: "AAAA", data: "2001:db8::80", from: [0, 1] },
      ]);
      expect(differs).not.toContain("answers");
    });
  });
});
