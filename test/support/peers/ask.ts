import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import type { Running } from "./process.ts";

const types = { A: 1, SOA: 6 };

/** A query for `name` (without escapes), class IN, RD set, no OPT. */
export function encodeQuery(name: string, type: keyof typeof types, id: number): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  const parts = labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, "latin1")]));
  const header = Buffer.from([id >> 8, id & 255, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...parts, Buffer.of(0, 0, types[type], 0, 1)]);
}

/** How long one question waits before the next is sent, in milliseconds. */
const patience = 250;

function askUdp(address: string, port: number, query: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const done = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(done, patience);
    socket.on("error", () => done());
    socket.on("message", (message) => done(message));
    socket.connect(port, address, () => socket.send(query));
  });
}

function askTls(port: number, query: Buffer, ca: string): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", ca: readFileSync(ca), rejectUnauthorized: true });
    const done = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(done, patience);
    let received = Buffer.alloc(0);
    socket.on("error", () => done());
    socket.on("close", () => done());
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length > 2 && received.length >= received.readUInt16BE(0) + 2) done(received.subarray(2));
    });
    socket.write(Buffer.concat([Buffer.of(query.length >> 8, query.length & 255), query]));
  });
}

/** Where to ask: a UDP port, or a TLS port of 127.0.0.1 and the authority to trust. */
export type Door =
  | { readonly over: "udp"; readonly address: string; readonly port: number }
  | { readonly over: "tls"; readonly port: number; readonly ca: string };

/**
 * Asks for a record of `name` again and again until it is answered with NOERROR and a record: the program is up, and
 * so is everything behind it. Rejects when the program dies or 15 seconds have passed.
 */
export async function untilAnswered(
  running: Running,
  doors: readonly Door[],
  name: string,
  type: keyof typeof types = "SOA",
): Promise<void> {
  const query = encodeQuery(name, type, 0x1234);
  const end = performance.now() + 15_000;
  for (const door of doors) {
    for (;;) {
      const asked =
        door.over === "udp" ? askUdp(door.address, door.port, query) : askTls(door.port, query, door.ca);
      const answer = await Promise.race([asked, running.died]);
      if (answer !== undefined && (answer[3]! & 15) === 0 && answer.readUInt16BE(6) > 0) break;
      if (performance.now() > end) throw new Error(`no answer over ${door.over}:\n${running.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
