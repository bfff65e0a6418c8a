import type { Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import tls from "node:tls";
import { FrameReader } from "../../dns/frames.ts";
import { writeU16 } from "../../dns/header.ts";
import type { ResourceRecord } from "../../dns/message.ts";
import type { Identity } from "./authority.ts";
import { answerMessage } from "./zone-answer.ts";
import { Zone } from "./zone-lookup.ts";

/** A zone server that runs. */
export interface ZoneServer {
  readonly address: string;
  readonly port: number;
  /** Stops listening and ends all connections. */
  close(): Promise<void>;
}

export interface ZoneServerOptions {
  readonly records: readonly ResourceRecord[];
  readonly identity: Identity;
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default: the system chooses. */
  readonly port?: number;
  /** Called when a client has finished its handshake. */
  readonly onHandshake?: (socket: TLSSocket) => void;
  /** Called with the sizes in bytes of each query that was looked up in the zone and of the reply. */
  readonly onAnswer?: (querySize: number, replySize: number) => void;
}

/** RFC 7766 section 6.2.3 asks for seconds; long enough that a person who tries commands meets one connection. */
const IDLE = 60_000;

/**
 * Serves one zone over TLS (RFC 7858) and nothing else. Resolves when it listens; rejects with the system's error when
 * it cannot. Throws DotlsError when the records are no zone.
 */
export async function startZoneServer(options: ZoneServerOptions): Promise<ZoneServer> {
  const zone = new Zone(options.records);
  const sockets = new Set<Socket>();
  const server = tls.createServer({
    cert: options.identity.chain,
    key: options.identity.key,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["dot"],
    noDelay: true,
  });
  // Below TLS, so that a connection that never shakes hands cannot keep the server from closing.
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("secureConnection", (socket) => {
    options.onHandshake?.(socket);
    serve(socket, zone, options);
  });
  const { address = "127.0.0.1", port = 0 } = options;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return {
    address,
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serve(socket: TLSSocket, zone: Zone, { onAnswer }: ZoneServerOptions): void {
  const answers: Uint8Array[] = [];
  const reader = new FrameReader({
    onFrame(bytes, start, end) {
      const answer = answerMessage(zone, bytes.subarray(start, end), onAnswer);
      if (answer === "close") return false;
      if (answer !== null) answers.push(frame(answer));
      return true;
    },
  });
  // A client that is gone has nothing to be told; `close` follows.
  socket.on("error", () => {});
  socket.setTimeout(IDLE, () => socket.end());
  socket.on("data", (chunk: Buffer) => {
    const goesOn = reader.push(chunk, chunk.length);
    // All answers to what came at once leave at once.
    const written = answers.length === 0 || socket.write(Buffer.concat(answers.splice(0)));
    if (!goesOn) socket.end();
    // A client that asks and does not read waits until it reads.
    else if (!written) socket.pause();
  });
  socket.on("drain", () => socket.resume());
}

function portOf(server: Server): number {
  const bound = server.address();
  return bound === null || typeof bound === "string" ? 0 : bound.port;
}

function frame(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + message.length);
  writeU16(bytes, 0, message.length);
  bytes.set(message, 2);
  return bytes;
}
