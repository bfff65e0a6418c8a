import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Socket, createServer } from "node:net";
import { FrameReader } from "../../../src/dns/frames.ts";
import { framed } from "../../../src/cli/query/exchange-plain.ts";

/** The messages that answer one query, in their order; over TCP, `close` ends the connection instead. */
export type Answer = (query: Uint8Array, overTcp: boolean) => readonly (Uint8Array | "close")[];

/** A server on loopback whose answers are made by a function, over UDP and TCP. */
export interface OddServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts one on ports of the same number. */
export async function startOddServer(answer: Answer): Promise<OddServer> {
  const open = new Set<Socket>();
  const tcp = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    const frames = new FrameReader({
      onFrame(bytes, start, end) {
        for (const message of answer(bytes.slice(start, end), true)) {
          if (message === "close") socket.end();
          else socket.write(framed(message));
        }
        return true;
      },
    });
    socket.on("data", (chunk: Buffer) => frames.push(chunk, chunk.length));
  });
  tcp.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as { port: number };
  const udp = createSocket("udp4");
  udp.on("message", (query, from) => {
    for (const message of answer(query, false)) {
      if (message !== "close") udp.send(message, from.port, from.address);
    }
  });
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  return {
    port,
    async stop() {
      udp.close();
      for (const socket of open) socket.destroy();
      tcp.close();
      await once(tcp, "close");
    },
  };
}
