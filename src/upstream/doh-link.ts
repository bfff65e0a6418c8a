import type { ClientHttp2Session } from "node:http2";
import { writeU16 } from "../dns/header.ts";
import { answers } from "./answer-match.ts";
import type { DialListener, Dialed } from "./dial.ts";
import { Http2Code, errorCodeName } from "./doh-codes.ts";
import { type Authority, type DohOptions, DohRequests, authorityOf } from "./doh-request.ts";
import { DohStream, type DohStreamListener } from "./doh-stream.ts";
import { DohStreams } from "./doh-streams.ts";
import type { Exchange } from "./exchange.ts";
import { ExchangeQueue } from "./exchange-queue.ts";
import { CLOSED_BY_US, type Failure, failureOf } from "./failure.ts";
import { FAREWELL } from "./farewell.ts";
import type { Link, LinkOwner, Opening } from "./link.ts";
import { ageRecords } from "./message-age.ts";
import { Form } from "./query-writer.ts";

/** What may be on its way to us before we must say that we have read some, in bytes: one answer can be 64 KiB. */
const WINDOW = 1 << 20;

/** How long a session that the server is ending has for what it still wants to answer, in ms. */
const DRAIN = 1000;

/** How often one question is sent again on this session after a refusal. */
const MAX_REFUSALS = 2;

/** So many answers in a row that hold no DNS message: it is no DNS server, or not at this path, or has enough of us. */
const MAX_FAILED = 3;

const CLOSED: Failure = { kind: "closed", text: "closed by the server" };
const OVER: Failure = { kind: "closed", text: "the HTTP/2 session is over" };
const LEAVING: Failure = { kind: "closed", text: "the server ends the HTTP/2 session" };
const REFUSED: Failure = { kind: "closed", text: "HTTP/2: the server refused the stream" };
const MALFORMED: Failure = { kind: "malformed", text: "the server sent a malformed answer" };
const OTHER: Failure = { kind: "malformed", text: "the server answered another question" };
const NO_HTTP2: Failure = { kind: "tls", text: "TLS: the server does not speak HTTP/2" };

/**
 * DNS over HTTPS (RFC 8484): one HTTP/2 session with a stream for each question. The session is made on a connection that
 * is authenticated already, so nothing is written before chain, name and pins are right. Questions beyond what the server
 * takes at a time wait in order. When the server says that it ends the session (GOAWAY), the link is over at once for
 * its owner and takes nothing more; what the server has promised to answer is still answered, the rest is lost.
 */
export class DohLink implements Link, DialListener, DohStreamListener {
  state: "connecting" | "open" | "over" = "connecting";
  opening: Opening | null = null;
  answered = 0;
  quietSince = 0;
  readonly lagging = false;
  readonly full = false;

  #target: Authority;
  #options: DohOptions;
  #owner: LinkOwner;
  #cancel: (politely: boolean) => void;
  #session: ClientHttp2Session | null = null;
  #requests: DohRequests | null = null;
  #waiting = new ExchangeQueue();
  #streams = new DohStreams();
  /** How often questions that wait were refused. */
  #refusals = new WeakMap<Exchange, number>();
  #failedInRow = 0;

  /** `target` names the server in requests; `open` starts to connect to it for `h2`, and gives the function that ends that. */
  constructor(
    target: Authority,
    options: DohOptions,
    open: (listener: DialListener) => (politely: boolean) => void,
    owner: LinkOwner,
  ) {
    this.#target = target;
    this.#options = options;
    this.#owner = owner;
    this.#cancel = open(this);
  }

  get load(): number {
    return this.#waiting.load + this.#streams.size;
  }

  ask(exchange: Exchange, now: number): void {
    if (this.state === "over") {
      exchange.lost(OVER, this.answered > 0);
      return;
    }
    this.#waiting.push(exchange);
    if (this.state === "open") this.#start(now);
  }

  /** The answer may still come, and is thrown away then. */
  abandon(exchange: Exchange): void {
    exchange.abandoned = true;
    if (!this.#streams.has(exchange)) this.#waiting.leave();
  }

  held(): Exchange[] {
    const sent = this.#streams.exchanges().filter((exchange) => !exchange.abandoned);
    return [...sent, ...this.#waiting.waiting()];
  }

  close(): void {
    this.#end(CLOSED_BY_US, true);
  }

  onOpen(dialed: Dialed): void {
    const { socket } = dialed;
    // Without ALPN the server may speak anything (RFC 9113 section 3.2).
    if (socket.alpnProtocol !== "h2") {
      this.#end(NO_HTTP2, false);
      return;
    }
    this.state = "open";
    // Before the session hears of it: Node then ends its streams as if each had come to its own end.
    socket.once("end", () => this.#end(CLOSED, true));
    socket.once("close", () => this.#end(CLOSED, true));
    // Loaded here, as it is a good part of the time to start and most configurations never need it.
    const { connect } = process.getBuiltinModule("node:http2");
    const session = connect(`https://${authorityOf(this.#target)}`, {
      createConnection: () => socket,
      settings: { enablePush: false },
    });
    this.#session = session;
    this.#requests = new DohRequests(session, this.#target, this.#options);
    session.once("connect", () => session.setLocalWindowSize(WINDOW));
    session.on("remoteSettings", ({ maxConcurrentStreams }) => {
      this.#streams.allow(maxConcurrentStreams);
      this.#start(performance.now());
    });
    session.on("goaway", (code, last) => this.#leave(code, last));
    session.on("error", (error) => this.#end(...ending(error)));
    session.on("close", () => this.#end(CLOSED, true));
    this.#owner.onOpen(this, dialed);
    this.#start(performance.now());
  }

  onFailure(failure: Failure): void {
    this.#end(failure, false);
  }

  onBytes(): void {
    // HTTP/2 reads for itself.
  }

  onBody(stream: DohStream, body: Buffer, age: number): void {
    const { exchange } = stream;
    this.#finish(stream);
    this.#failedInRow = 0;
    this.#streams.answered();
    if (!exchange.abandoned) {
      const end = body.length;
      const right = answers(body, 0, end, exchange);
      exchange.answeredAt = performance.now();
      if (right && age > 0) ageRecords(body, 0, end, age);
      if (right && exchange.answered(body, 0, end)) {
        this.answered++;
        this.#owner.onAnswer(this, exchange);
      } else {
        this.#owner.onMismatch(this);
        exchange.lost(right ? MALFORMED : OTHER, false);
      }
    }
    this.#next();
  }

  onRefused(stream: DohStream): void {
    if (this.#isBroken(stream)) return;
    const { exchange } = stream;
    this.#finish(stream);
    this.#streams.refused();
    if (!exchange.abandoned) {
      if (this.state === "open" && stream.refusals < MAX_REFUSALS) {
        this.#refusals.set(exchange, stream.refusals + 1);
        this.#waiting.unshift(exchange);
      } else exchange.lost(REFUSED, false);
    }
    this.#next();
  }

  onFailed(stream: DohStream, failure: Failure): void {
    if (this.#isBroken(stream)) return;
    const { exchange } = stream;
    this.#finish(stream);
    if (!exchange.abandoned) exchange.lost(failure, false);
    if (++this.#failedInRow >= MAX_FAILED) this.#end(failure, false);
    else this.#next();
  }

  /** Node has given up the session, and ends its streams one by one as if each had failed. */
  #isBroken(stream: DohStream): boolean {
    if (this.#session?.destroyed !== true) return false;
    if (stream.error === null) this.#end(CLOSED, true);
    else this.#end(...ending(stream.error));
    return true;
  }

  /** The server has settled a stream: it lives, and its silence towards the others counts from now. */
  #finish(stream: DohStream): void {
    this.#streams.delete(stream);
    this.quietSince = this.#streams.awaited ? performance.now() : 0;
  }

  #next(): void {
    if (this.state === "open") this.#start(performance.now());
    else if (this.#streams.size === 0) this.#disconnect(true);
  }

  /** Sends what waits, as far as the server takes it. */
  #start(now: number): void {
    this.#streams.dropRested(now);
    while (this.state === "open") {
      const first = this.#waiting.first();
      if (first === undefined || !this.#streams.hasRoom()) return;
      if (!this.#send(first, now)) {
        this.#end(OVER, true);
        return;
      }
      this.#waiting.shift();
    }
  }

  /** False when the session takes no more requests: it ends just now, or has used up its stream numbers. */
  #send(exchange: Exchange, now: number): boolean {
    const message = Buffer.allocUnsafe(exchange.length(Form.HTTP));
    // Always the same, so that equal questions are equal to caches on the way (RFC 8484 section 4.1).
    exchange.id = 0;
    exchange.write(message, 0, Form.HTTP);
    writeU16(message, 0, 0);
    exchange.sentAt = now;
    const refusals = this.#refusals.get(exchange) ?? 0;
    try {
      this.#streams.add(new DohStream(exchange, refusals, this.#requests!.send(message), this));
    } catch {
      return false;
    }
    if (this.quietSince === 0) this.quietSince = now;
    return true;
  }

  /** GOAWAY: streams above `last` are not answered (RFC 9113 section 6.8). */
  #leave(code: number, last: number): void {
    if (code !== Http2Code.NO_ERROR) {
      const text = `the server ended the HTTP/2 session (${errorCodeName(code)})`;
      this.#end({ kind: "closed", text }, true);
      return;
    }
    this.#settle(LEAVING, this.#streams.dropBeyond(last), true);
    if (this.#streams.size === 0) this.#disconnect(true);
    else {
      setTimeout(() => {
        const late = this.#streams.exchanges();
        this.#disconnect(true);
        this.#lose(LEAVING, late, true);
      }, DRAIN).unref();
    }
  }

  /** Ends all. `sane`: the server did nothing wrong, so what it had answered before speaks for it. */
  #end(failure: Failure, sane: boolean): void {
    const lost = this.#streams.exchanges();
    this.#disconnect(failure === CLOSED_BY_US);
    this.#settle(failure, lost, sane);
  }

  /** The link is over for its owner; `lost`, and what waits, goes back. */
  #settle(failure: Failure, lost: readonly Exchange[], sane: boolean): void {
    const opened = this.state === "open";
    const all = [...lost, ...this.#waiting.drain()];
    if (this.state !== "over") {
      this.state = "over";
      this.#owner.onEnd(this, failure, opened, all.filter((exchange) => !exchange.abandoned).length);
    }
    this.#lose(failure, all, sane);
  }

  #lose(failure: Failure, exchanges: readonly Exchange[], sane: boolean): void {
    const progress = sane && this.answered > 0;
    // Some may be given up while those before them are lost.
    for (const exchange of exchanges) if (!exchange.abandoned) exchange.lost(failure, progress);
  }

  #disconnect(politely: boolean): void {
    this.#streams.dropAll();
    const session = this.#session;
    this.#session = null;
    if (session === null) {
      if (this.state !== "over") this.#cancel(false);
      return;
    }
    session.destroy();
    if (politely) setTimeout(() => this.#cancel(false), FAREWELL).unref();
    else this.#cancel(false);
  }
}

/** Why a session ended with an error, and whether the server did nothing wrong. */
function ending(error: Error & { code?: string }): [failure: Failure, sane: boolean] {
  const failure = failureOf(error, false, Date.now());
  if (failure.kind === "closed" || failure.kind === "timeout") return [failure, true];
  return [{ kind: "closed", text: `HTTP/2: ${error.message}` }, false];
}
