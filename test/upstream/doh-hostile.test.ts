import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type TLSSocket, createServer } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { NAME, identity, testAuthority } from "../support/scripted-upstream/identities.ts";
import { type AskedQuestion, type Ended, watch, dohLink } from "./asking.ts";

/** One HTTP/2 frame (RFC 9113 section 4.1). */
function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** Numbers that are the same for the same seed, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2 + 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Begins like a server, and goes on with frames of every type, on every stream, with lengths and contents of any kind. */
function frames(seed: number): Buffer {
  const next = numbers(seed);
  const all: Buffer[] = [frame(4, 0, 0, Buffer.alloc(0)), frame(4, 1, 0, Buffer.alloc(0))];
  for (let left = 1 + next(12); left > 0; left--) {
    const payload = Buffer.from(
      Array.from({ length: next(4) === 0 ? next(300) : next(12) }, () => next(256)),
    );
    const stream = [0, 1, 3, 5, 2, next(2 ** 31)][next(6)]!;
    // ":status: 200" and so on by the static table of HPACK, now and then.
    const right = next(3) === 0 ? Buffer.of(0x88 + next(7)) : payload;
    all.push(frame(next(14), next(3) === 0 ? next(256) : 4 + next(2), stream, right));
  }
  const bytes = Buffer.concat(all);
  if (next(3) === 0) bytes[next(bytes.length)] = next(256);
  return bytes;
}

async function serve(reply: (socket: TLSSocket) => void): Promise<{ port: number; ca: string }> {
  const { chain, key } = await identity("good");
  const open = new Set<TLSSocket>();
  const server = createServer({ cert: chain, key, ALPNProtocols: ["h2"] }, (socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.once("data", () => reply(socket));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, ca: (await testAuthority()).ca };
}

test("whatever frames a server sends, every question ends once, and nothing is thrown", async () => {
  let seed = 0;
  const { port, ca } = await serve((socket) => {
    socket.write(frames(seed));
    setTimeout(() => socket.end(), 3);
  });
  const anchors = new TrustAnchors(ca);
  const tickets = new TicketStore();
  const ways = new Map<string, number>();
  for (seed = 1; seed <= 120; seed++) {
    const name = seed % 2 === 0 ? NAME : null;
    const target = { address: "127.0.0.1", port, name, pins: [], anchors, minVersion: "TLSv1.2" as const };
    const { link, owner, ask } = watch((owner) =>
      dohLink(target, { path: "/dns-query", method: "POST" }, tickets, owner),
    );
    const questions: AskedQuestion[] = Array.from({ length: 4 }, (_, at) => ask(`n${at}.test`));
    link.abandon(questions[3]!);
    // After some faults Node says nothing and reads nothing more, not even the end: the owner sees that it is silent.
    const silence = setInterval(() => {
      if (link.quietSince > 0 && performance.now() - link.quietSince > 40) link.close();
    }, 10);
    const ends: Ended[] = await Promise.all(questions.slice(0, 3).map(({ ended }) => ended));
    clearInterval(silence);
    await expect.poll(() => link.state, { interval: 1, timeout: 3000 }).toBe("over");
    expect([owner.ends.length, link.load, ends.some(({ answer }) => answer !== null)]).toEqual([1, 0, false]);
    for (const { failure } of ends) ways.set(failure!.kind, (ways.get(failure!.kind) ?? 0) + 1);
  }
  // The frames reach more than one way to fail.
  expect([...ways.keys()].sort()).toEqual(["closed", "http"]);
}, 60_000);

test("a server that opens a session and reads nothing does not keep a link that is closed", async () => {
  const { port, ca } = await serve((socket) => {
    socket.pause();
    socket.write(frame(4, 0, 0, Buffer.alloc(0)));
  });
  const target = {
    address: "127.0.0.1",
    port,
    name: NAME,
    pins: [],
    anchors: new TrustAnchors(ca),
    minVersion: "TLSv1.2" as const,
  };
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => /tcp/i.test(name)).length;
  const before = sockets();
  const { link, ask } = watch((owner) =>
    dohLink(target, { path: "/dns-query", method: "POST" }, new TicketStore(), owner),
  );
  const questions = Array.from({ length: 100 }, (_, at) => ask(`n${at}.test`));
  await expect.poll(() => link.state).toBe("open");
  link.close();
  expect(questions.every(({ result }) => result?.failure?.kind === "closed")).toBe(true);
  // The server's side stays open until it reads; ours is gone.
  await expect.poll(sockets, { timeout: 3000 }).toBeLessThanOrEqual(before + 1);
});
