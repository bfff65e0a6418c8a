import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { encodeQuery } from "../test/support/peers/ask.ts";
import { type LoadResult, quantiles } from "./load.ts";
import { zone } from "./upstream.ts";

/** How long a query is waited for, in milliseconds. */
const patience = 2000;

/**
 * Asks a UDP port of 127.0.0.1 one question after the other for some seconds. dnsperf with `-q 1` cannot do this: its
 * sender often sleeps 0.1 s after an answer. The latencies hold the cost of this client too, the same for everybody.
 */
export async function oneAtATime(port: number, seconds: number): Promise<LoadResult> {
  const socket = createSocket("udp4");
  socket.connect(port, "127.0.0.1");
  await once(socket, "connect");
  const latencies: number[] = [];
  let failed = 0;
  let lost = 0;
  const start = performance.now();
  for (let id = 0; performance.now() < start + seconds * 1000; id = (id + 1) & 0xffff) {
    const query = encodeQuery(`s${latencies.length + lost}.${zone}`, "A", id);
    const before = performance.now();
    const answer = await exchange(socket, query);
    if (answer === undefined) {
      lost++;
      continue;
    }
    latencies.push((performance.now() - before) * 1000);
    if ((answer[3]! & 15) !== 0) failed++;
  }
  const elapsed = (performance.now() - start) / 1000;
  socket.close();
  const answered = latencies.length;
  return {
    answered,
    failed,
    lost,
    perSecond: answered / elapsed,
    ...quantiles(Float64Array.from(latencies)),
  };
}

function exchange(socket: Socket, query: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const settle = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.off("message", take);
      resolve(answer);
    };
    const take = (message: Buffer): void => {
      if (message.readUInt16BE(0) === query.readUInt16BE(0)) settle(message);
    };
    const timer = setTimeout(settle, patience);
    socket.on("message", take);
    socket.send(query);
  });
}
