import { rmSync } from "node:fs";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HistoryGap, HistoryRequest } from "../../src/control/client.ts";
import { forgetHistory, getHistory } from "../../src/control/client.ts";
import type { ControlServer } from "../../src/control/control-server.ts";
import { startControl } from "../../src/control/control-server.ts";
import { DotlsError } from "../../src/errors.ts";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { outcomeOf } from "../observe/outcomes.ts";
import { socketPath, statusOf } from "./sources.ts";

let folder: string;
let socket: string;
let ring: HistoryRing;
let server: ControlServer;

beforeEach(async () => {
  ({ folder, socket } = socketPath());
  ring = new HistoryRing(1000);
  server = await startControl({ path: socket, status: () => statusOf(), history: ring });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function record(count: number, prefix = "n"): void {
  for (let i = 0; i < count; i++) ring.ended(outcomeOf(`${prefix}${i}.`, { type: i % 2 === 0 ? 1 : 28 }));
}

async function read(wanted: HistoryRequest = {}): Promise<(HistoryEntry | HistoryGap)[]> {
  const entries: (HistoryEntry | HistoryGap)[] = [];
  for await (const entry of await getHistory(socket, wanted)) entries.push(entry);
  return entries;
}

const names = (entries: (HistoryEntry | HistoryGap)[]) =>
  entries.map((entry) => ("lost" in entry ? `lost ${entry.lost}` : entry.name));

describe("GET /v1/history", () => {
  it("gives everything that is kept, oldest first, as the ring gives it", async () => {
    record(1500);
    expect(await read()).toEqual(Array.from({ length: 1000 }, (_, i) => ring.entry(500 + i)));
  });

  it("gives nothing when nothing was asked", async () => {
    expect(await read()).toEqual([]);
    expect(await read({ limit: 5 })).toEqual([]);
  });

  it("gives the newest of those that match", async () => {
    record(600);
    expect(names(await read({ limit: 3 }))).toEqual(["n597.", "n598.", "n599."]);
    expect(names(await read({ limit: 2, type: "AAAA" }))).toEqual(["n597.", "n599."]);
    expect(names(await read({ limit: 0 }))).toEqual([]);
    expect(names(await read({ limit: 5, name: "n59?" }))).toHaveLength(5);
    expect(names(await read({ name: "n59?", type: "A" }))).toEqual([
      "n590.",
      "n592.",
      "n594.",
      "n596.",
      "n598.",
    ]);
    expect(await read({ rcode: "SERVFAIL" })).toEqual([]);
  });
});

describe("DELETE /v1/history", () => {
  it("forgets, and says how many those were; followers go on and have lost nothing", async () => {
    await server.close();
    const forget = async (): Promise<number> => ring.forget();
    server = await startControl({ path: socket, status: () => statusOf(), history: ring, forget });
    record(7);
    const entries = await getHistory(socket, { follow: true, limit: 0 });
    const next = entries.next();
    expect(await forgetHistory(socket)).toBe(7);
    expect(await read()).toEqual([]);
    record(1, "new");
    expect(names([(await next).value!])).toEqual(["new0."]);
    await entries.return();
  });

  it("says what could not be removed", async () => {
    await server.close();
    const forget = async (): Promise<number> => {
      throw new DotlsError("ERR_DOTLS_HISTORY_FILE", "cannot remove the history: EACCES");
    };
    server = await startControl({ path: socket, status: () => statusOf(), history: ring, forget });
    await expect(forgetHistory(socket)).rejects.toMatchObject({ code: "ERR_DOTLS_HISTORY_FILE" });
  });
});

describe("GET /v1/history?follow=1", () => {
  it("answers at once, gives what was asked for of the past and then what is new, and ends with its client", async () => {
    record(10, "old");
    const leave = new AbortController();
    const entries = await getHistory(socket, { follow: true, limit: 2, type: "A" }, leave.signal);
    const next = async (): Promise<unknown> => names([(await entries.next()).value!])[0];
    expect([await next(), await next()]).toEqual(["old6.", "old8."]);
    record(3, "new");
    expect([await next(), await next()]).toEqual(["new0.", "new2."]);
    leave.abort();
    expect(await entries.next()).toEqual({ done: true, value: undefined });
  });

  it("ends cleanly for its clients when the server stops", async () => {
    const entries = await getHistory(socket, { follow: true });
    const end = entries.next();
    await server.close();
    expect(await end).toEqual({ done: true, value: undefined });
  });

  it("ends when the signal comes before the answer", async () => {
    const entries = await getHistory(socket, { follow: true }, AbortSignal.abort());
    expect(await entries.next()).toEqual({ done: true, value: undefined });
  });

  it("tells a slow client what it has lost, and keeps nothing for it", async () => {
    const slow = rawFollower();
    await slow.started;
    slow.socket.pause();
    let recorded = 0;
    // Far more than what socket buffers hold: 100,000 entries are 25 MB of text.
    for (let round = 0; round < 100; round++) {
      record(1000, `round${round}-`);
      recorded += 1000;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    slow.socket.resume();
    await vi.waitFor(() => expect(slow.text()).toContain("round99-999."), { timeout: 5000 });
    slow.socket.destroy();
    const lines = slow.lines();
    const lost = lines.flatMap((line) => ("lost" in line ? [line.lost] : [])).reduce((a, b) => a + b, 0);
    expect(lost).toBeGreaterThan(10_000);
    expect(lines.filter((line) => "name" in line).length + lost).toBe(recorded);
  });

  it("survives 100 followers that leave without a word, and forgets them", async () => {
    const followers = Array.from({ length: 100 }, rawFollower);
    await Promise.all(followers.map((follower) => follower.started));
    record(50);
    const read = vi.spyOn(ring, "entry");
    await vi.waitFor(() => expect(read).toHaveBeenCalled(), { timeout: 5000 });
    for (const follower of followers) follower.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    read.mockClear();
    record(50);
    // Nobody reads for them any more, so nothing is left that closing would have to wait for.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(read).not.toHaveBeenCalled();
    const start = performance.now();
    await server.close();
    expect(performance.now() - start).toBeLessThan(300);
  });
});

/** A follower as bytes on a socket, which can stop to read or vanish. */
function rawFollower(): {
  socket: Socket;
  started: Promise<void>;
  text: () => string;
  lines: () => (HistoryEntry | HistoryGap)[];
} {
  const client = connect(socket);
  let text = "";
  client.write("GET /v1/history?follow=1&limit=0 HTTP/1.1\r\nHost: dotls\r\n\r\n");
  client.on("error", () => {});
  const started = new Promise<void>((resolve) => {
    client.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\r\n\r\n")) resolve();
    });
  });
  const lines = (): (HistoryEntry | HistoryGap)[] => {
    const body = unchunked(text.slice(text.indexOf("\r\n\r\n") + 4));
    return body
      .slice(0, body.lastIndexOf("\n"))
      .split("\n")
      .map((line) => JSON.parse(line) as HistoryEntry | HistoryGap);
  };
  return { socket: client, started, text: () => text, lines };
}

function unchunked(body: string): string {
  let text = "";
  for (let at = 0; ;) {
    const end = body.indexOf("\r\n", at);
    const length = end < 0 ? 0 : Number.parseInt(body.slice(at, end), 16);
    if (length === 0 || end + 2 + length > body.length) return text;
    text += body.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
  }
}
