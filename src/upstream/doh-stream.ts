import type { ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { HEADER_LENGTH, MAX_MESSAGE } from "../dns/header.ts";
import { Http2Code, errorCodeName } from "./doh-codes.ts";
import { DNS_MESSAGE } from "./doh-request.ts";
import type { Exchange } from "./exchange.ts";
import type { Failure } from "./failure.ts";

/** Who hears what becomes of a request: exactly one of the three, once, unless it is cancelled first. */
export interface DohStreamListener {
  /** The answer's body, a message with a whole header; `age`: seconds that it spent in caches (RFC 9111 section 5.1). */
  onBody(stream: DohStream, body: Buffer, age: number): void;
  /** The server says that it has not looked at the request (RFC 9113 section 8.7). */
  onRefused(stream: DohStream): void;
  onFailed(stream: DohStream, failure: Failure): void;
}

/** One request with its answer: an HTTP/2 stream, from the request to the last byte of a body that can be a DNS message. */
export class DohStream {
  readonly exchange: Exchange;
  /** How often the server has refused this question before. */
  readonly refusals: number;
  /** What Node gave as the reason of its end: that of the session where the session has ended. */
  error: Error | null = null;

  #stream: ClientHttp2Stream;
  #listener: DohStreamListener;
  #over = false;
  #hasHeaders = false;
  #age = 0;
  /** What content-length promises; -1: nothing. */
  #promised = -1;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(exchange: Exchange, refusals: number, stream: ClientHttp2Stream, listener: DohStreamListener) {
    this.exchange = exchange;
    this.refusals = refusals;
    this.#stream = stream;
    this.#listener = listener;
    stream.on("response", (headers) => this.#onHeaders(headers));
    stream.on("data", (chunk: Buffer) => this.#onData(chunk));
    stream.on("end", () => this.#onEnd());
    stream.on("close", () => this.#onClose());
    stream.on("error", (error) => {
      this.error = error;
    });
  }

  /** Its HTTP/2 number; undefined while it waits in Node. */
  get id(): number | undefined {
    return this.#stream.id;
  }

  /** Gives it up, without a word to the listener. */
  cancel(): void {
    this.#over = true;
    if (!this.#stream.closed) this.#stream.close(Http2Code.CANCEL);
  }

  #onHeaders(headers: IncomingHttpHeaders): void {
    if (this.#over) return;
    this.#hasHeaders = true;
    const status = headers[":status"] as unknown;
    const type = headers["content-type"] ?? "none";
    const encoding = headers["content-encoding"] ?? "identity";
    if (status !== 200) this.#fail(`HTTP status ${String(status)}`);
    else if (!isDnsMessage(type)) this.#fail(`HTTP content type ${printable(type)}, not ${DNS_MESSAGE}`);
    else if (encoding !== "identity") this.#fail(`HTTP content coding ${printable(encoding)}, not asked for`);
    this.#age = seconds(headers.age);
    this.#promised = headers["content-length"] === undefined ? -1 : Number(headers["content-length"]);
  }

  #onData(chunk: Buffer): void {
    if (this.#over) return;
    this.#length += chunk.length;
    if (this.#length > MAX_MESSAGE) this.#fail(`an HTTP body of more than ${MAX_MESSAGE} bytes`);
    else this.#chunks.push(chunk);
  }

  #onEnd(): void {
    // A reset can end the body too early, and looks like an end.
    const whole = this.#promised < 0 || this.#promised === this.#length;
    if (this.#over || !this.#hasHeaders || this.#stream.rstCode !== Http2Code.NO_ERROR || !whole) return;
    if (this.#length < HEADER_LENGTH) {
      this.#fail("an HTTP body that is no DNS message");
      return;
    }
    this.#over = true;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 ? first! : Buffer.concat(this.#chunks, this.#length);
    this.#listener.onBody(this, body, this.#age);
  }

  #onClose(): void {
    if (this.#over) return;
    const code = this.#stream.rstCode ?? Http2Code.NO_ERROR;
    // Newer Node.js says "calm down" of a stream beyond its limit; either way the question was not looked at.
    if (code !== Http2Code.REFUSED_STREAM && code !== Http2Code.ENHANCE_YOUR_CALM) {
      const why = code === Http2Code.NO_ERROR ? "cut the answer short" : `reset it (${errorCodeName(code)})`;
      this.#fail(`HTTP/2: the server ${why}`);
      return;
    }
    this.#over = true;
    this.#listener.onRefused(this);
  }

  #fail(text: string): void {
    this.cancel();
    this.#listener.onFailed(this, { kind: "http", text });
  }
}

/** Parameters mean nothing to this type (RFC 8484 section 6). */
function isDnsMessage(type: string): boolean {
  return type.split(";", 1)[0]!.trim().toLowerCase() === DNS_MESSAGE;
}

/** What a server sends into our log and into answers is short and one line. */
function printable(value: string): string {
  return JSON.stringify(value.slice(0, 64).replaceAll(/[^ -~]/g, "?"));
}

/** A number of seconds in a header; 0 where it is none. */
function seconds(value: string | undefined): number {
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : 0;
}
