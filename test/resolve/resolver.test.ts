import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { decodeMessage, messageRcode } from "../../src/dns/message.ts";
import type { Outcome } from "../../src/observe/outcome.ts";
import { ALL_LOCAL_NAMES } from "../../src/config/local-names.ts";
import { Routes } from "../../src/resolve/routes.ts";
import { Step } from "../../src/resolve/stage.ts";
import { Resolver } from "../../src/resolve/resolver.ts";
import { Group } from "../../src/upstream/group.ts";
import { failover } from "../../src/upstream/policy/failover.ts";
import type { RawQuery } from "../support/raw-query.ts";
import { clientQuery, KeepingDoor } from "./queries.ts";

interface Seen {
  readonly rcode: number;
  readonly error: string | null;
  readonly replySize: number;
}

/** A resolver without any server; what it told its observer, and a door per transport. */
function make(): {
  ask: (message: RawQuery, door?: KeepingDoor, from?: string) => boolean;
  seen: Seen[];
  udp: KeepingDoor;
} {
  const seen: Seen[] = [];
  const ended = ({ rcode, error, replySize }: Outcome): void => {
    seen.push({ rcode, error, replySize });
  };
  const resolver = new Resolver({
    allow: ["0.0.0.0/0"],
    routes: new Routes([], new Group([], failover)),
    localNames: { ...ALL_LOCAL_NAMES, test: false },
    loops: { enter: () => Step.NEXT },
    timeout: 1000,
    retryRcodes: new Set(),
    observers: [{ ended }],
  });
  const udp = new KeepingDoor();
  return {
    seen,
    udp,
    ask: (message, door = udp, from = "127.0.0.1") => {
      const { query, reading } = clientQuery(message, door, from);
      return resolver.handle(query, reading);
    },
  };
}

function rcodes(door: KeepingDoor): number[] {
  return door.sent.map(({ reply }) => messageRcode(decodeMessage(Uint8Array.from(reply))));
}

describe("the path of a query", () => {
  it("answers at once what needs no server, and does not keep the query", () => {
    const { ask, seen, udp } = make();
    expect(ask({ counts: [1, 1] })).toBe(false);
    expect(ask({ flags: 4 << 11 })).toBe(false);
    expect(ask({ opt: { version: 1 } })).toBe(false);
    expect(ask({ flags: 0 })).toBe(false);
    expect(rcodes(udp)).toEqual([1, 4, 16, 5]);
    expect(seen.map(({ rcode }) => rcode)).toEqual([1, 4, 16, 5]);
    expect(seen.map(({ replySize }) => replySize)).toEqual(udp.sent.map(({ reply }) => reply.length));
    expect(udp.kept).toEqual([]);
  });

  it("drops a response, and tells so", () => {
    const { ask, seen, udp } = make();
    expect(ask({ flags: Flag.QR })).toBe(false);
    expect(udp).toMatchObject({ sent: [], dropped: 1 });
    expect(seen).toEqual([{ rcode: -1, error: "not a query", replySize: 0 }]);
  });

  it("keeps what it forwards, and ends it exactly once even when nobody can be asked", () => {
    const { ask, seen, udp } = make();
    for (let i = 0; i < 3; i++) expect(ask({ id: i })).toBe(true);
    expect(rcodes(udp)).toEqual([2, 2, 2]);
    expect(seen).toHaveLength(3);
    // Its bytes are its own before it waits.
    expect(udp.kept.map(({ id }) => id)).toEqual([0, 1, 2]);
  });

  it("bounds errors to a network over UDP, where senders are forged, and not over TCP", () => {
    const { ask, seen, udp } = make();
    const tcp = new KeepingDoor(false);
    for (let i = 0; i < 200; i++) {
      ask({ counts: [2] }, udp, `192.0.2.${i}`);
      ask({ counts: [2] }, tcp, `192.0.2.${i}`);
    }
    expect(udp.sent.length).toBeGreaterThanOrEqual(50);
    expect(udp.sent.length).toBeLessThan(70);
    expect(udp.sent.length + udp.dropped).toBe(200);
    expect(tcp.sent).toHaveLength(200);
    expect(seen.filter(({ rcode }) => rcode === -1)).toHaveLength(udp.dropped);
    expect(seen.find(({ rcode }) => rcode === -1)!.error).toBe("too many errors to this network");
  });
});
