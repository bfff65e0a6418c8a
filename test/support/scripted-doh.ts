/**
 * A DNS-over-HTTPS server on loopback (RFC 8484, HTTP/2 only) that does what a test tells it, well or badly, and keeps what
 * it saw. Certificates, names and answers are those of the scripted DNS-over-TLS upstream.
 *
 *     const server = await ScriptedDoh.start({ maxStreams: 10 });
 *     server.set({ status: 503 });
 *     server.goaway();
 *     await server.close();
 */
import { randomBytes } from "node:crypto";
import {
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  constants,
  createSecureServer,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import { defaultAnswer, formErr } from "./scripted-upstream/answers.ts";
import { applyFault } from "./scripted-upstream/faults.ts";
import { type Presented, NAME, identity, testAuthority } from "./scripted-upstream/identities.ts";
import { type Fault, type Knobs, defaultKnobs } from "./scripted-upstream/knobs.ts";
import { type ScriptedQuery, parseQuery } from "./scripted-upstream/query.ts";

/** All can change while it runs; the next request sees the new value. */
export interface DohKnobs {
  /** The answer's bytes, null for none, undefined for the default answer. */
  answer: ((query: ScriptedQuery) => Uint8Array | null | undefined) | null;
  /** Milliseconds before the answer. */
  delay: number | ((query: ScriptedQuery) => number);
  /** What is wrong with the message; only faults that leave one message. */
  fault: Fault | null;
  status: number;
  /** Response headers over the usual ones; undefined takes one away. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Instead of an answer, the stream is reset with this code; null: it is not. */
  reset: (query: ScriptedQuery, request: DohRequest) => number | null;
  /** Streams that it takes at a time, whatever SETTINGS say; the others are refused. 0: all. */
  takes: number;
  /** Bytes of the body that are sent before a reset. */
  resetAfter: number;
  /** The body is written in pieces of so many bytes; 0: whole. */
  split: number;
  /** Leaves the last byte of the body away and the stream open. */
  unfinished: boolean;
  /** Size in bytes that the message is filled up to. */
  size: number;
  /** Reads requests and never answers. */
  silent: boolean;
}

export interface DohRequest {
  readonly headers: IncomingHttpHeaders;
  /** Number of the session, from 1. */
  readonly session: number;
  readonly streamId: number;
  readonly message: Buffer;
  /** Null when it is no query. */
  readonly query: ScriptedQuery | null;
}

export interface DohStartOptions extends Partial<DohKnobs> {
  readonly certificate?: Presented;
  /** What SETTINGS say of concurrent streams. */
  readonly maxStreams?: number;
  readonly ticketKeys?: Buffer;
}

export class ScriptedDoh {
  readonly address = "127.0.0.1";
  readonly name: string = NAME;
  readonly ca: string;
  /** The pin of the certificate that is presented. */
  readonly pin: string;
  readonly knobs: DohKnobs;
  readonly requests: DohRequest[] = [];
  /** Codes of the streams that were reset, by either side. */
  readonly resets: number[] = [];
  /** Handshakes that ended well for the server, and how many of them resumed a session. */
  handshakes = 0;
  resumed = 0;
  /** The most streams that were open at a time. */
  mostStreams = 0;
  /** GOAWAY codes that the client sent. */
  readonly goaways: number[] = [];
  #streams = 0;
  #sessions = 0;
  readonly #open = new Map<ServerHttp2Session, number>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Http2SecureServer;

  static async start(options: DohStartOptions = {}): Promise<ScriptedDoh> {
    const { certificate = "good", maxStreams = 100, ticketKeys = randomBytes(48), ...knobs } = options;
    const [authority, shown] = [await testAuthority(), await identity(certificate)];
    const server = createSecureServer({
      cert: shown.chain,
      key: shown.key,
      ticketKeys,
      sessionIdContext: "scripted doh",
      settings: { maxConcurrentStreams: maxStreams },
    });
    const scripted = new ScriptedDoh(server, authority.ca, shown.pin, knobs);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(() => scripted.close());
    return scripted;
  }

  private constructor(server: Http2SecureServer, ca: string, pin: string, knobs: Partial<DohKnobs>) {
    this.#server = server;
    this.ca = ca;
    this.pin = pin;
    this.knobs = { ...defaults, ...knobs };
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      this.handshakes += 1;
      if (socket.isSessionReused()) this.resumed += 1;
      socket.on("error", () => {});
    });
    server.on("session", (session) => {
      this.#sessions += 1;
      this.#open.set(session, this.#sessions);
      session.on("close", () => this.#open.delete(session));
      session.on("goaway", (code) => this.goaways.push(code));
      session.on("error", () => {});
    });
    server.on("stream", (stream, headers) => this.#take(stream, headers));
    server.on("sessionError", () => {});
    server.on("tlsClientError", () => {});
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Sessions that are open now. */
  get sessions(): ServerHttp2Session[] {
    return [...this.#open.keys()];
  }

  set(knobs: Partial<DohKnobs>): void {
    Object.assign(this.knobs, knobs);
  }

  /** Sends GOAWAY on all sessions, and nothing else: the connection stays. */
  goaway(code: number = constants.NGHTTP2_NO_ERROR, lastStream?: number): void {
    for (const session of this.sessions) session.goaway(code, lastStream);
  }

  /** Ends all sessions as a server does that is about to stop: GOAWAY, the answers in flight, and the end. */
  leave(): void {
    for (const session of this.sessions) session.close();
  }

  /** Ends all connections: `fin` closes them under whatever is in flight, `rst` resets them. */
  closeAll(how: "fin" | "rst"): void {
    for (const socket of this.#sockets) {
      if (how === "rst") socket.resetAndDestroy();
      else socket.end();
    }
  }

  /** Writes bytes into the raw TLS stream of all sessions, whatever they are in HTTP/2: no session survives it. */
  garble(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) {
      await new Promise<void>((resolve) => {
        this.#server.close(() => resolve());
      });
    }
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.#streams += 1;
    this.mostStreams = Math.max(this.mostStreams, this.#streams);
    const { session } = stream;
    const number = session === undefined ? 0 : (this.#open.get(session as ServerHttp2Session) ?? 0);
    stream.on("error", () => {});
    stream.on("close", () => {
      this.#streams -= 1;
      if (stream.rstCode !== 0) this.resets.push(stream.rstCode);
    });
    if (this.knobs.takes > 0 && this.#streams > this.knobs.takes) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const message = messageOf(headers, Buffer.concat(chunks));
      const query = parseQuery(message, number, this.requests.length + 1);
      const request = { headers, session: number, streamId: stream.id ?? 0, message, query };
      this.requests.push(request);
      if (query === null) this.#write(stream, formErr(message));
      else this.#answer(stream, query, request);
    });
  }

  #answer(stream: ServerHttp2Stream, query: ScriptedQuery, request: DohRequest): void {
    const { silent, delay, answer } = this.knobs;
    if (silent) return;
    const wait = typeof delay === "function" ? delay(query) : delay;
    const go = (): void => {
      if (stream.destroyed || stream.closed || this.knobs.silent) return;
      const code = this.knobs.reset(query, request);
      const message = answer?.(query);
      if (message === null) return;
      const bytes = this.#spoil(message ?? this.#default(query), query);
      if (code === null) this.#write(stream, bytes);
      else if (this.knobs.resetAfter > 0) {
        // Trailers that never come: else the end of the body would come before the reset.
        stream.respond(this.#headers(bytes), { waitForTrailers: true });
        stream.on("wantTrailers", () => {});
        stream.write(bytes.subarray(0, this.knobs.resetAfter), () => stream.close(code));
      } else stream.close(code);
    };
    if (wait > 0) setTimeout(go, wait).unref();
    else go();
  }

  #default(query: ScriptedQuery): Uint8Array {
    return defaultAnswer(query, { ...(defaultKnobs as Knobs), size: this.knobs.size });
  }

  #spoil(message: Uint8Array, query: ScriptedQuery): Uint8Array {
    if (this.knobs.fault === null) return message;
    return applyFault(this.knobs.fault, message, query)!.bytes.subarray(2);
  }

  #headers(body: Uint8Array): Record<string, string | number> {
    const all: Record<string, string | number | undefined> = {
      ":status": this.knobs.status,
      "content-type": "application/dns-message",
      "content-length": body.length,
      ...this.knobs.headers,
    };
    return Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
    );
  }

  #write(stream: ServerHttp2Stream, body: Uint8Array): void {
    if (stream.destroyed || stream.closed) return;
    stream.respond(this.#headers(body));
    const { split, unfinished } = this.knobs;
    const end = unfinished ? body.length - 1 : body.length;
    const step = split === 0 ? Math.max(1, end) : split;
    for (let at = 0; at < end; at += step) stream.write(body.subarray(at, Math.min(end, at + step)));
    if (!unfinished) stream.end();
  }
}

const defaults: DohKnobs = {
  answer: null,
  delay: 0,
  fault: null,
  status: 200,
  headers: {},
  reset: () => null,
  takes: 0,
  resetAfter: 0,
  split: 0,
  unfinished: false,
  size: 0,
  silent: false,
};

function messageOf(headers: IncomingHttpHeaders, body: Buffer): Buffer {
  if (headers[":method"] !== "GET") return body;
  const url = new URL(headers[":path"] ?? "/", "https://doh.test");
  return Buffer.from(url.searchParams.get("dns") ?? "", "base64url");
}
