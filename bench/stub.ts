import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { decodeMessage } from "../src/dns/message.ts";
import { encodeQuery } from "../test/support/peers/ask.ts";

/** How long an answer is waited for, in milliseconds. */
const PATIENCE = 2000;

/** How the names that were asked for came back. */
export interface StubResult {
  readonly asked: number;
  /** Answers whose TTL was below that of the upstream: they were kept, and time went by since. */
  readonly kept: number;
  /** Answers with the upstream's own TTL: it was asked, or it was asked within the last second. */
  readonly fresh: number;
  /** Answers that are none, such as SERVFAIL. */
  readonly failed: number;
  readonly lost: number;
}

/**
 * Asks a UDP port of 127.0.0.1 for A records at an even rate, and tells by the TTLs which answers were kept: `ttl` is what
 * the upstream says. `next` gives the name, or undefined at the end.
 */
export async function askAtRate(
  port: number,
  perSecond: number,
  ttl: number,
  next: () => string | undefined,
): Promise<StubResult> {
  const socket = createSocket("udp4");
  socket.connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.setRecvBufferSize(2 ** 22);
  const waiting = new Set<number>();
  const count = { asked: 0, kept: 0, fresh: 0, failed: 0 };
  socket.on("message", (bytes) => {
    if (!waiting.delete(bytes.readUInt16BE(0))) return;
    const [record] = decodeMessage(bytes).answers;
    if (record === undefined) count.failed++;
    else if (record.ttl < ttl) count.kept++;
    else count.fresh++;
  });
  await send(socket, perSecond, next, (id) => {
    waiting.add(id);
    count.asked++;
  });
  for (const end = performance.now() + PATIENCE; waiting.size > 0 && performance.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10));
  socket.close();
  return { ...count, lost: count.asked - count.kept - count.fresh - count.failed };
}

async function send(
  socket: Socket,
  perSecond: number,
  next: () => string | undefined,
  sent: (id: number) => void,
): Promise<void> {
  const start = performance.now();
  for (let number = 0; ;) {
    const due = ((performance.now() - start) * perSecond) / 1000;
    for (; number < due; number++) {
      const name = next();
      if (name === undefined) return;
      const id = number & 0xffff;
      sent(id);
      socket.send(encodeQuery(name, "A", id));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
