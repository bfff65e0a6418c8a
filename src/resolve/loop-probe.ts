import { randomBytes } from "node:crypto";
import { Flag, HEADER_LENGTH, HeaderOffset, writeU16 } from "../dns/header.ts";
import { parseName } from "../dns/name.ts";
import { equalFolded } from "../dns/name-hash.ts";
import { Rcode } from "../dns/rcode.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import { ExtendedError } from "../dns/edns/extended-error.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { extraError } from "./extra-errors.ts";
import { ProbeBoard } from "./probe-board.ts";
import { type Stage, Step } from "./stage.ts";

/**
 * Where the probes' names are. Not under invalid. or another name that forwarders answer themselves: such a one in the
 * middle would swallow the probe, and keep the loop. Nobody is to treat example. in a special way (RFC 6761 section 6.5).
 */
const SUFFIX: Uint8Array = parseName("loop-probe.dotls.example.");

/** Random bytes in the label in front, which is their hexadecimal form. */
const RANDOM = 8;
const LABEL = 2 * RANDOM;
const NAME_LENGTH: number = 1 + LABEL + SUFFIX.length;
const LOOP = extraError(ExtendedError.NETWORK_ERROR, "this question came back to who asked it: a loop");

/** A probe as a message: header and question, id 0, with RD. */
export interface LoopQuestion {
  readonly bytes: Uint8Array;
  readonly questionEnd: number;
  readonly flags: number;
  readonly dnssecOk: boolean;
}

/** Who wants to know of loops. Called on a change only. */
export interface LoopEvents<T> {
  onLoop(target: T): void;
  onLoopGone(target: T): void;
}

/**
 * Finds servers that send our questions back to us, by whatever way: through each goes a question for a name that was
 * made up for it; when that arrives at our own doors, the server is a loop. Probes of others are passed on as all
 * questions are, so that a loop over several forwarders is found by each of them. `T` is whatever stands for a server.
 */
export class LoopProbe<T> implements Stage {
  #events: LoopEvents<T>;
  #board: ProbeBoard;
  #random: (size: number) => Uint8Array;
  /** Where on the board the probe is that is out for each server. */
  #probes = new Map<T, number>();
  #loops = new Set<T>();

  /** `board`: that of all threads that have the same doors. */
  constructor(
    events: LoopEvents<T>,
    board: ProbeBoard = new ProbeBoard(),
    random: (size: number) => Uint8Array = randomBytes,
  ) {
    this.#events = events;
    this.#board = board;
    this.#random = random;
  }

  /** A question to be sent through the server now; one that is still out is forgotten. Call `over` at its end. */
  question(target: T): LoopQuestion {
    const label = Buffer.from(Buffer.from(this.#random(RANDOM)).toString("hex"), "latin1");
    this.#forgetProbe(target);
    const now = Math.floor(Date.now() / 1000);
    this.#probes.set(target, this.#board.put(hexAt(label, 0), hexAt(label, LABEL / 2), now));
    const questionEnd = HEADER_LENGTH + NAME_LENGTH + 4;
    const bytes = new Uint8Array(questionEnd);
    writeU16(bytes, HeaderOffset.FLAGS, Flag.RD);
    writeU16(bytes, HeaderOffset.QDCOUNT, 1);
    bytes[HEADER_LENGTH] = LABEL;
    bytes.set(label, HEADER_LENGTH + 1);
    bytes.set(SUFFIX, HEADER_LENGTH + 1 + LABEL);
    writeU16(bytes, questionEnd - 4, RrType.TXT);
    writeU16(bytes, questionEnd - 2, RrClass.IN);
    return { bytes, questionEnd, flags: Flag.RD, dnssecOk: false };
  }

  /**
   * The question for the server has ended; `answered`: by an answer, of whatever kind. An answer to a question that did
   * not come by at any door clears the server; no answer says nothing.
   */
  over(target: T, answered: boolean): void {
    const slot = this.#probes.get(target);
    if (slot === undefined) return;
    const seen = this.#board.wasSeen(slot);
    this.#forgetProbe(target);
    // At the door of another thread: what it answered comes after what it noted.
    if (seen) this.#found(target);
    else if (answered && slot >= 0 && this.#loops.delete(target)) this.#events.onLoopGone(target);
  }

  /** Whether the server is known to lead back to us. */
  isLoop(target: T): boolean {
    return this.#loops.has(target);
  }

  /** Forgets a server that is asked no more. */
  forget(target: T): void {
    this.#forgetProbe(target);
    this.#loops.delete(target);
  }

  /** Takes our own probes out of what comes in, those of other threads too: to send one on would keep it going round. */
  enter(query: ClientQuery): number {
    if (query.nameLength !== NAME_LENGTH) return Step.NEXT;
    const { bytes } = query;
    const labelAt = HEADER_LENGTH + 1;
    if (bytes[HEADER_LENGTH] !== LABEL || !equalFolded(bytes, labelAt + LABEL, SUFFIX, 0, SUFFIX.length)) {
      return Step.NEXT;
    }
    const high = hexAt(bytes, labelAt);
    const low = hexAt(bytes, labelAt + LABEL / 2);
    if (Number.isNaN(high) || Number.isNaN(low) || !this.#board.see(high, low)) return Step.NEXT;
    for (const [target, slot] of this.#probes) if (this.#board.wasSeen(slot)) this.#found(target);
    query.rcode = Rcode.SERVFAIL;
    query.extra = LOOP;
    query.error = "a probe of ours came back: one of the servers leads to this one";
    return Step.ANSWERED;
  }

  #found(target: T): void {
    if (this.#loops.has(target)) return;
    this.#loops.add(target);
    this.#events.onLoop(target);
  }

  #forgetProbe(target: T): void {
    this.#board.free(this.#probes.get(target) ?? -1);
    this.#probes.delete(target);
  }
}

/** Eight hexadecimal digits as a signed number of 32 bits; NaN when they are none. */
function hexAt(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + LABEL / 2; i++) {
    const digit = HEX.indexOf(String.fromCharCode(bytes[i]! | 0x20));
    if (digit < 0) return Number.NaN;
    value = (value << 4) | digit;
  }
  return value;
}

const HEX = "0123456789abcdef";
