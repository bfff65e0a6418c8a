import { onTestFinished } from "vitest";
import { ReplyView } from "../../src/dns/reply-view.ts";
import { Exchange } from "../../src/upstream/exchange.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import type { Link, LinkInfo, LinkOwner } from "../../src/upstream/link.ts";
import { type Target, dial } from "../../src/upstream/dial.ts";
import { DohLink } from "../../src/upstream/doh-link.ts";
import type { DohOptions } from "../../src/upstream/doh-request.ts";
import type { TicketStore } from "../../src/upstream/tickets.ts";
import { Connection } from "../../src/upstream/connection.ts";
import { type PlainTarget, dialTcp } from "../../src/upstream/tcp-dial.ts";
import { type ForwardedQuestion, Form, queryLength, writeQuery } from "../../src/upstream/query-writer.ts";
import { makeQuery } from "../support/dot-client.ts";

/** How an exchange ended: with an answer or by a loss. */
export interface Ended {
  readonly answer: Buffer | null;
  readonly failure: Failure | null;
  readonly progress: boolean;
}

/** One question on its way, which remembers how it ended and throws when it ends twice. */
export class AskedQuestion extends Exchange {
  readonly name: string;
  readonly question: Uint8Array;
  readonly questionEnd: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>;
  result: Ended | null = null;
  /** What is done when it is lost, beside remembering it. */
  onLost: ((question: AskedQuestion) => void) | null = null;
  readonly #forwarded: ForwardedQuestion;
  #resolve!: (ended: Ended) => void;

  constructor(name: string, type: number = 1) {
    super();
    this.name = name;
    const bytes = makeQuery(name, { type });
    this.question = bytes;
    this.questionEnd = bytes.length;
    this.#forwarded = { bytes, questionEnd: bytes.length, flags: 0x0100, dnssecOk: false };
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  length(form: number): number {
    return queryLength(this.#forwarded, form, true);
  }

  write(out: Buffer, at: number, form: number): void {
    writeQuery(this.#forwarded, out, at, form, true);
  }

  doubted(): void {
    // Nobody looks at links here.
  }

  answered(bytes: Uint8Array, start: number, end: number): boolean {
    if (!new ReplyView().read(bytes, start, end)) return false;
    this.#end({ answer: Buffer.from(bytes.subarray(start, end)), failure: null, progress: true });
    return true;
  }

  lost(failure: Failure, progress: boolean): void {
    this.#end({ answer: null, failure, progress });
    this.onLost?.(this);
  }

  #end(result: Ended): void {
    if (this.result !== null || this.abandoned)
      throw new Error(`${this.name} ended twice, or after it was given up`);
    this.result = result;
    this.#resolve(result);
  }
}

/** An owner of links that remembers what it heard. */
class WatchingOwner implements LinkOwner {
  readonly opened: LinkInfo[] = [];
  readonly ends: { readonly failure: Failure; readonly opened: boolean; readonly lost: number }[] = [];
  readonly singly = false;
  answers = 0;
  mismatches = 0;

  onOpen(_link: Link, info: LinkInfo): void {
    this.opened.push(info);
  }

  onEnd(_link: Link, failure: Failure, opened: boolean, lost: number): void {
    this.ends.push({ failure, opened, lost });
  }

  onAnswer(): void {
    this.answers += 1;
  }

  onMismatch(): void {
    this.mismatches += 1;
  }

  onDrained(): void {
    // How queries share TLS records is the business of connections over TLS.
  }
}

/** A link under test with its owner; it is closed when the test ends. */
export interface Watched<Kind extends Link> {
  readonly link: Kind;
  readonly owner: WatchingOwner;
  /** Hands a new question to the link. */
  readonly ask: (name: string, type?: number) => AskedQuestion;
}

export function watch<Kind extends Link>(make: (owner: LinkOwner) => Kind): Watched<Kind> {
  const owner = new WatchingOwner();
  const link = make(owner);
  onTestFinished(() => link.close());
  return {
    link,
    owner,
    ask(name, type) {
      const question = new AskedQuestion(name, type);
      link.ask(question, performance.now());
      return question;
    },
  };
}

/** `KIND: TEXT` of a loss, or `answer`. */
export function outcome({ failure }: Ended): string {
  return failure === null ? "answer" : `${failure.kind}: ${failure.text}`;
}

/** What a UDP link opens when an answer is truncated. */
export function plainTcp(target: PlainTarget): (owner: LinkOwner) => Link {
  return (owner) => new Connection(owner, Form.TCP, (listener) => dialTcp(target, listener));
}

/** A link over HTTPS to this target. */
export function dohLink(
  target: Target,
  options: DohOptions,
  tickets: TicketStore,
  owner: LinkOwner,
): DohLink {
  return new DohLink(target, options, (listener) => dial(target, tickets, listener, "h2"), owner);
}
