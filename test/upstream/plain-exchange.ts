import { Exchange } from "../../src/upstream/exchange.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import { makeQuery } from "../support/dot-client.ts";

/** How an exchange was settled: `answered` or `lost …`. A right connection settles it once. */
export class PlainExchange extends Exchange {
  readonly question: Uint8Array;
  readonly questionEnd: number;
  readonly settled: string[] = [];
  reply: Buffer | null = null;
  /** Says of an answer whether it can be read. */
  readable = true;
  onLost: ((failure: Failure, progress: boolean) => void) | null = null;
  onAnswered: (() => void) | null = null;
  onDoubted: ((again: boolean) => void) | null = null;
  /** How often its link was suspected. */
  doubts = 0;

  constructor(name: string, type = 1) {
    super();
    this.question = makeQuery(name, { type });
    this.questionEnd = this.question.length;
  }

  length(): number {
    return this.question.length;
  }

  write(out: Buffer, at: number): void {
    out.set(this.question, at);
  }

  answered(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.readable) return false;
    this.reply = Buffer.from(bytes.slice(start, end));
    this.settled.push("answered");
    this.onAnswered?.();
    return true;
  }

  lost(failure: Failure, progress: boolean): void {
    this.settled.push(`lost ${failure.kind}${progress ? " (progress)" : ""}`);
    this.onLost?.(failure, progress);
  }

  doubted(again: boolean): void {
    this.doubts++;
    this.onDoubted?.(again);
  }
}
