import { Flag, HEADER_LENGTH, readU16, writeU16 } from "../../../src/dns/header.ts";
import { withoutRecords } from "./answers.ts";
import type { Fault } from "./knobs.ts";
import type { ScriptedQuery } from "./query.ts";

/** What `applyFault` makes of an answer: bytes for the wire, length prefixes included. */
export interface Spoiled {
  readonly bytes: Uint8Array;
  /** Nothing may follow on this connection, else the missing byte would come. */
  readonly last: boolean;
}

/** `message` with its two-byte length in front. */
export function frame(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + message.length);
  writeU16(bytes, 0, message.length);
  bytes.set(message, 2);
  return bytes;
}

/** The bytes to write for `message` (the right answer to `query`) under `fault`; null for none. */
export function applyFault(fault: Fault, message: Uint8Array, query: ScriptedQuery): Spoiled | null {
  const changed = Uint8Array.from(message);
  switch (fault) {
    case "wrong-id":
      writeU16(changed, 0, query.id ^ 0x5555);
      break;
    case "wrong-question":
      // The last letter of the first label: another letter, never another length.
      if (changed[HEADER_LENGTH]! > 0) {
        const at = HEADER_LENGTH + changed[HEADER_LENGTH]!;
        changed[at] = changed[at] === 0x7a ? 0x79 : 0x7a;
      }
      break;
    case "wrong-type":
      writeU16(changed, query.questionEnd - 4, query.type ^ 0x1000);
      break;
    case "wrong-class":
      writeU16(changed, query.questionEnd - 2, query.class ^ 2);
      break;
    case "qr-0":
      return whole(frame(query.bytes));
    case "no-question": {
      const header = changed.slice(0, HEADER_LENGTH);
      header.fill(0, 4);
      return whole(frame(header));
    }
    case "wrong-opcode":
      writeU16(changed, 2, (readU16(changed, 2) & ~Flag.OPCODE) | 0x1000);
      break;
    case "other-case":
      capitals(changed, HEADER_LENGTH, query.questionEnd - 4);
      break;
    case "duplicate":
      return whole(Buffer.concat([frame(message), frame(message)]));
    case "stray":
      writeU16(changed, 0, query.id ^ 0x2aaa);
      writeU16(changed, query.questionEnd - 4, query.type ^ 0x1000);
      return whole(Buffer.concat([frame(changed), frame(message)]));
    case "truncated": {
      const empty = withoutRecords(query, readU16(message, 2) & Flag.RCODE, query.opt && new Uint8Array());
      empty[2]! |= Flag.TC >>> 8;
      return whole(frame(empty));
    }
    case "bad-counts":
      writeU16(changed, 6, 0xffff);
      break;
    case "pointer-loop":
      return whole(frame(selfPointing(query)));
    case "garbage":
      return whole(frame(noise(query.id, 200)));
    case "garbage-stream":
      return whole(noise(query.id, 200));
    case "zero-length":
      return whole(Buffer.concat([frame(new Uint8Array()), frame(message)]));
    case "short":
      return whole(Buffer.concat([frame(message.subarray(0, 5)), frame(message)]));
    case "unfinished":
      return { bytes: frame(message).subarray(0, -1), last: true };
    case "silent":
      return null;
  }
  return whole(frame(changed));
}

function whole(bytes: Uint8Array): Spoiled {
  return { bytes, last: false };
}

/** Letters as capitals; length bytes are below 64 and so never letters. */
function capitals(bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at += 1) {
    if (bytes[at]! >= 0x61 && bytes[at]! <= 0x7a) bytes[at]! -= 0x20;
  }
}

function selfPointing(query: ScriptedQuery): Uint8Array {
  const empty = withoutRecords(query, 0, null);
  const at = empty.length;
  const message = Buffer.concat([
    empty,
    Uint8Array.of(0xc0 | (at >>> 8), at, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4),
  ]);
  writeU16(message, 6, 1);
  return message;
}

/** The same bytes for the same seed (a linear congruential generator), so that a failure can be repeated. */
function noise(seed: number, length: number): Uint8Array {
  let state = seed + 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
