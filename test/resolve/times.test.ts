import { describe, expect, it } from "vitest";
import { ClientQuery } from "../../src/listen/client-query.ts";
import { noteTimes, shareTimes } from "../../src/resolve/times.ts";
import type { Link } from "../../src/upstream/link.ts";
import { door } from "./queries.ts";

/** A link that opened at this time, with a handshake that took so long; null: it is not open. */
const linkOf = (opening: Link["opening"]): Link => ({ opening }) as Link;

function queryAt(receivedAt: number): ClientQuery {
  const query = new ClientQuery(door, 0);
  query.begin("127.0.0.1", 4000, receivedAt);
  return query;
}

const parts = ({ waitUs, connectUs, tlsUs, sendUs, answerUs }: ClientQuery): number[] => [
  waitUs,
  connectUs,
  tlsUs,
  sendUs,
  answerUs,
];

describe("the times of a query", () => {
  it.each([
    ["on a link that was open", 10, 101, { at: 50, handshakeMs: 20 }, [1000, 0, 0, 0, 19_000]],
    [
      "that had to wait for a new link",
      10,
      131,
      { at: 130.5, handshakeMs: 20 },
      [1000, 9500, 20_000, 500, 89_000],
    ],
    ["that came during the handshake", 10, 105, { at: 105, handshakeMs: 20 }, [1000, 0, 4000, 0, 15_000]],
    ["over plain TCP", 10, 105, { at: 105, handshakeMs: 0 }, [1000, 4000, 0, 0, 15_000]],
    [
      "sent before its link counted as open",
      10,
      100.5,
      { at: 101.5, handshakeMs: 0 },
      [1000, 500, 0, 0, 18_500],
    ],
    ["on a link that is not known", 10, 103, null, [1000, 0, 0, 2000, 17_000]],
  ])("%s", (_title, _received, sentAt, opening, expected) => {
    const query = queryAt(100);
    // What an earlier query in the same object has left.
    query.connectUs = 77;
    query.tlsUs = 77;
    const now = opening?.at === 130.5 ? 220 : 120;
    noteTimes(query, { askedUs: 1000, sentAt, on: linkOf(opening) }, now);
    expect(parts(query)).toEqual(expected);
    expect(parts(query).reduce((a, b) => a + b)).toBe((now - 100) * 1000);
  });

  it("of one that followed are those from its own arrival on", () => {
    const leader = queryAt(100);
    noteTimes(leader, { askedUs: 1000, sentAt: 131, on: linkOf({ at: 130, handshakeMs: 20 }) }, 150);
    expect(parts(leader)).toEqual([1000, 9000, 20_000, 1000, 19_000]);
    for (const [later, expected] of [
      [0, [1000, 9000, 20_000, 1000, 19_000]],
      [0.5, [500, 9000, 20_000, 1000, 19_000]],
      [15, [0, 0, 15_000, 1000, 19_000]],
      [49, [0, 0, 0, 0, 1000]],
      [60, [0, 0, 0, 0, 0]],
    ] as const) {
      const follower = queryAt(100 + later);
      shareTimes(follower, leader);
      expect(parts(follower)).toEqual(expected);
    }
  });
});
