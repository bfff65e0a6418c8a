import { Flag, HEADER_LENGTH, HeaderOffset, readU16 } from "../../dns/header.ts";
import type { Message, Question } from "../../dns/message.ts";
import { equalNames, formatName, readName } from "../../dns/name.ts";
import { opcodeName } from "../../dns/opcode.ts";
import { className } from "../../dns/rrclass.ts";
import { typeName } from "../../dns/rrtype.ts";
import { WireError } from "../../dns/text-errors.ts";

/**
 * Says whether a message that came from the server is the reply to the query: by id, opcode and question (RFC 5452
 * section 9.1). Each one that is not is left aside with a warning in dig's words. A reply whose question cannot be read
 * is accepted: decoding it will say what is wrong with it.
 */
export function replyFilter(query: Message, warn: (text: string) => void): (bytes: Uint8Array) => boolean {
  return (bytes) => {
    if (bytes.length < HEADER_LENGTH) {
      warn("Warning: short (< header size) message received");
      return false;
    }
    const id = readU16(bytes, HeaderOffset.ID);
    if (id !== query.id) {
      warn(`Warning: ID mismatch: expected ID ${query.id}, got ${id}`);
      return false;
    }
    const flags = readU16(bytes, HeaderOffset.FLAGS);
    if ((flags & Flag.QR) === 0) {
      warn("Warning: query response not set");
      return false;
    }
    if (((flags ^ query.flags) & Flag.OPCODE) !== 0) {
      const [expected, got] = [query.flags, flags].map((word) => opcodeName((word & Flag.OPCODE) >>> 11));
      warn(`Warning: Opcode mismatch: expected ${expected}, got ${got}`);
      return false;
    }
    const asked = query.questions[0];
    const answered = firstQuestion(bytes);
    if (asked === undefined || answered === null || sameQuestion(asked, answered)) return true;
    const { name, type, class: rrclass } = answered;
    // As dig has it, to the letter: its own semicolons before those of every warning, no final dot behind the name.
    const shown = formatName(name).replace(/(?<=.)\.$/, "");
    warn(`;; Question section mismatch: got ${shown}/${typeName(type)}/${className(rrclass)}`);
    return false;
  };
}

function firstQuestion(bytes: Uint8Array): Question | null {
  if (readU16(bytes, HeaderOffset.QDCOUNT) === 0) return null;
  try {
    const { name, end } = readName(bytes, HEADER_LENGTH);
    if (end + 4 > bytes.length) return null;
    return { name, type: readU16(bytes, end), class: readU16(bytes, end + 2) };
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function sameQuestion(a: Question, b: Question): boolean {
  return a.type === b.type && a.class === b.class && equalNames(a.name, b.name);
}
