import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { readU16 } from "../../../src/dns/header.ts";
import { defaultAnswer, formErr } from "./answers.ts";
import type { Counters } from "./counters.ts";
import { applyFault, frame } from "./faults.ts";
import type { AnswerResult, CloseWith, Knobs } from "./knobs.ts";
import type { ScriptedQuery } from "./query.ts";
import { parseQuery } from "./query.ts";

interface Ready {
  readonly query: ScriptedQuery;
  readonly message: Uint8Array;
}

/** One connection of a client. Tests reach it through `upstream.connections`. */
export class ScriptedConnection {
  /** From 1, in the order of acceptance. */
  readonly number: number;
  /** The server's knobs with those of this connection in front; `Object.assign` to it to change this one alone. */
  readonly knobs: Knobs;
  queries = 0;
  /** Answers written. */
  answered = 0;
  /** Asked and not answered. */
  inFlight = 0;
  readonly raw: Socket;
  /** Null until the handshake is done. */
  tls: TLSSocket | null = null;
  readonly #counters: () => Counters;
  #received: Buffer = Buffer.alloc(0);
  #outbox: Ready[] = [];
  #collecting: NodeJS.Timeout | null = null;
  /** True while the queries of one read are answered: their answers leave together. */
  #corked = false;
  #ending = false;
  /** The end of all split writes so far. */
  #pieces: Promise<void> | null = null;

  constructor(number: number, raw: Socket, knobs: Knobs, counters: () => Counters) {
    this.number = number;
    this.raw = raw;
    this.knobs = knobs;
    this.#counters = counters;
  }

  /** Starts to serve on the finished TLS connection. */
  serve(tls: TLSSocket): void {
    this.tls = tls;
    // Clients reset connections in many tests; that is seen by the counters, not by an error.
    tls.on("error", () => {});
    tls.on("data", (chunk: Buffer) => this.#read(chunk));
    tls.on("timeout", () => this.close());
    tls.setTimeout(this.knobs.idle);
  }

  /** Closes as `knobs.closeWith` says; what is unanswered stays so. */
  close(how: CloseWith = this.knobs.closeWith): void {
    this.#ending = true;
    if (how === "rst") this.raw.resetAndDestroy();
    else (this.tls ?? this.raw).end();
  }

  /** Writes bytes as they are, framed or not. */
  write(bytes: Uint8Array): void {
    if (this.tls === null || this.tls.destroyed) return;
    this.#counters().writes += 1;
    const { split } = this.knobs;
    if (split === 0) this.tls.write(bytes);
    else this.#pieces = (this.#pieces ?? Promise.resolve()).then(() => this.#writePieces(cut(bytes, split)));
  }

  /** Stops reading from TCP: the client's writes pile up in the kernel and then in the client. */
  pause(): void {
    (this.tls ?? this.raw).pause();
  }

  resume(): void {
    (this.tls ?? this.raw).resume();
  }

  #read(chunk: Buffer): void {
    const counters = this.#counters();
    counters.reads += 1;
    counters.applicationBytes += chunk.length;
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let at = 0;
    let queries = 0;
    this.#corked = true;
    while (this.#received.length >= at + 2) {
      const end = at + 2 + readU16(this.#received, at);
      if (this.#received.length < end) break;
      this.#ask(new Uint8Array(this.#received.subarray(at + 2, end)));
      queries += 1;
      at = end;
      if (this.knobs.oneOfRecord) break;
    }
    this.#received = this.#received.subarray(at);
    this.#corked = false;
    if (queries > counters.mostQueriesInOneRead) counters.mostQueriesInOneRead = queries;
    this.#flush();
  }

  #ask(bytes: Uint8Array): void {
    const counters = this.#counters();
    this.queries += 1;
    counters.queriesPerConnection[this.number - 1] = this.queries;
    const query = parseQuery(bytes, this.number, this.queries);
    if (query === null) {
      counters.malformed += 1;
      this.write(frame(formErr(bytes)));
      return;
    }
    this.inFlight += 1;
    counters.asked(query);
    const { closeInFlight, silent, answer } = this.knobs;
    if (this.#ending || silent) return;
    if (closeInFlight > 0) {
      if (this.inFlight >= closeInFlight) this.close();
      return;
    }
    const result = answer === null ? undefined : answer(query);
    if (result instanceof Promise) void result.then((value) => this.#deliver(query, value));
    else this.#deliver(query, result);
  }

  #deliver(query: ScriptedQuery, result: AnswerResult): void {
    const delay = delayOf(query, this.knobs);
    if (delay > 0) setTimeout(() => this.#enqueue(query, result), delay).unref();
    else this.#enqueue(query, result);
  }

  #enqueue(query: ScriptedQuery, result: AnswerResult): void {
    // A connection that went silent after the question was asked does not answer it any more.
    if (result === null || this.#ending || this.knobs.silent) return;
    this.#outbox.push({ query, message: result ?? defaultAnswer(query, this.knobs) });
    if (!this.#corked) this.#flush();
  }

  #flush(): void {
    const { merge, reorder, swap, collectFor } = this.knobs;
    const hold = Math.max(merge > 1 ? merge : 0, reorder, swap ? 2 : 0);
    while (this.#outbox.length >= Math.max(hold, 1)) {
      this.#send(this.#outbox.splice(0, hold === 0 ? this.#outbox.length : hold));
    }
    if (this.#collecting !== null) clearTimeout(this.#collecting);
    this.#collecting = null;
    if (this.#outbox.length > 0) {
      this.#collecting = setTimeout(() => this.#send(this.#outbox.splice(0)), collectFor).unref();
    }
  }

  #send(ready: Ready[]): void {
    if (this.#ending || this.tls === null || this.tls.destroyed) return;
    const { closeAfter, merge, reorder, swap } = this.knobs;
    if (swap) swapIds(ready);
    if (reorder > 0) ready.reverse();
    const taken = closeAfter > 0 ? ready.slice(0, closeAfter - this.answered) : ready;
    let last = false;
    const parts: Uint8Array[] = [];
    for (const { query, message } of taken) {
      const { fault } = this.knobs;
      const wrong = typeof fault === "function" ? fault(query) : fault;
      const spoiled =
        wrong === null ? { bytes: frame(message), last: false } : applyFault(wrong, message, query);
      if (spoiled === null) continue;
      parts.push(spoiled.bytes);
      this.#done();
      last = spoiled.last;
      if (last) break;
    }
    if (merge === 1) for (const part of parts) this.write(part);
    else if (parts.length > 0) this.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    if (last) this.#ending = true;
    else if (closeAfter > 0 && this.answered >= closeAfter) this.#closeWhenWritten();
  }

  #done(): void {
    const counters = this.#counters();
    this.answered += 1;
    counters.answers += 1;
    this.inFlight -= 1;
    counters.inFlight -= 1;
  }

  /** RST throws away what is not yet in the peer's hands, so it waits for the write. */
  #closeWhenWritten(): void {
    this.#ending = true;
    if (this.#pieces !== null) void this.#pieces.then(() => this.close());
    else this.tls!.write("", () => this.close());
  }

  async #writePieces(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      const { tls } = this;
      if (tls === null || tls.destroyed || tls.writableEnded) return;
      // Without waiting for each, Node would gather them in one record.
      await new Promise((resolve) => {
        tls.write(piece, resolve);
      });
      if (this.knobs.splitPause > 0)
        await new Promise((resolve) => setTimeout(resolve, this.knobs.splitPause).unref());
    }
  }
}

function delayOf(query: ScriptedQuery, knobs: Knobs): number {
  const label = /^d(\d{1,5})\./i.exec(query.name);
  const fixed = typeof knobs.delay === "function" ? knobs.delay(query) : knobs.delay;
  return fixed + (label === null ? 0 : Number(label[1]));
}

function cut(bytes: Uint8Array, split: number | readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const step = typeof split === "number" ? split : bytes.length;
  const cuts = new Set(typeof split === "number" ? [] : split);
  let start = 0;
  for (let at = 1; at <= bytes.length; at += 1) {
    if (at - start < step && !cuts.has(at) && at < bytes.length) continue;
    pieces.push(bytes.subarray(start, at));
    start = at;
  }
  return pieces;
}

/** Gives each answer of a pair the id of the other. */
function swapIds(ready: Ready[]): void {
  for (let at = 0; at + 1 < ready.length; at += 2) {
    const [first, second] = [ready[at]!.message, ready[at + 1]!.message];
    const id = first.slice(0, 2);
    first.set(second.subarray(0, 2));
    second.set(id);
  }
}
