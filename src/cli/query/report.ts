import type { BuiltQuery } from "./build-query.ts";
import { footerText } from "./footer.ts";
import { failureJson, replyJson } from "./json.ts";
import { messageText } from "./message-text.ts";
import { rdataText } from "./record-text.ts";
import type { QueryReply } from "./reply.ts";
import type { LookupEvents, LookupOutcome } from "./run-lookup.ts";
import type { GlobalSettings, Lookup } from "./settings.ts";

/**
 * Prints what the lookups of one command tell, in dig's layout. `greeting` is dig's first lines, printed once, before
 * the first message or with the first error.
 */
export class Report {
  readonly #write: (text: string) => void;
  readonly #globals: GlobalSettings;
  #greeting: string;

  constructor(write: (text: string) => void, globals: GlobalSettings, greeting: string) {
    this.#write = write;
    this.#globals = globals;
    this.#greeting = greeting;
  }

  /** The events of one lookup while it runs. In JSON there is room for the outcome only. */
  events(lookup: Lookup): LookupEvents {
    const say = (text: string): void => {
      if (!this.#globals.json) this.#write(`;; ${text}\n`);
    };
    return {
      warning: say,
      comment: (text) => {
        if (lookup.shown.comments) say(text);
      },
      sending: (query) => {
        if (lookup.showQuery && !this.#globals.json) this.#sent(query, lookup);
      },
    };
  }

  /** The end of one lookup. */
  outcome(lookup: Lookup, outcome: LookupOutcome): void {
    switch (outcome.kind) {
      case "reply":
        this.#reply(lookup, outcome.reply);
        break;
      case "malformed":
        if (this.#globals.json) this.#write(`${failureJson(lookup, `bad packet: ${outcome.reason}`)}\n`);
        else this.#write(`;; Got bad packet: ${outcome.reason}\n${dump(outcome.bytes)}`);
        break;
      case "silence":
        if (this.#globals.json) {
          this.#write(`${failureJson(lookup, outcome.reason)}\n`);
        } else {
          this.#write(`${this.#greeting};; no servers could be reached\n`);
          this.#greeting = "";
        }
        break;
    }
  }

  #sent(query: BuiltQuery, lookup: Lookup): void {
    this.#greet();
    const { message, bytes } = query;
    this.#write(messageText({ message, isQuery: true, cookie: null, trailing: 0 }, lookup));
    if (lookup.shown.stats) this.#write(`;; QUERY SIZE: ${bytes.length}\n\n`);
  }

  #reply(lookup: Lookup, reply: QueryReply): void {
    const { json, short } = this.#globals;
    if (json) {
      this.#write(`${replyJson(reply)}\n`);
      return;
    }
    if (short) {
      this.#short(lookup, reply);
      return;
    }
    this.#greet();
    const { message, query } = reply;
    const { trailing } = message;
    this.#write(messageText({ message, isQuery: false, cookie: query.cookie, trailing }, lookup));
    if (lookup.shown.stats) this.#write(footerText(reply, lookup.microseconds));
    else if (lookup.identify) this.#write(`;; ${identity(reply, lookup)}\n\n`);
  }

  #short(lookup: Lookup, reply: QueryReply): void {
    if (!lookup.shown.answer) return;
    for (const record of reply.message.answers) {
      const source = lookup.identify ? ` from server ${reply.server.address} ${took(reply, lookup)}.` : "";
      this.#write(`${rdataText(record, lookup)}${source}\n`);
    }
  }

  #greet(): void {
    if (this.#globals.showCommand && !this.#globals.short) this.#write(this.#greeting);
    this.#greeting = "";
  }
}

function identity(reply: QueryReply, lookup: Lookup): string {
  const { address, port } = reply.endpoint;
  const from = `${address}#${port}(${reply.server.label})`;
  return `Received ${reply.exchange.reply.length} bytes from ${from} ${took(reply, lookup)}`;
}

function took({ exchange }: QueryReply, { microseconds }: Lookup): string {
  const { query } = exchange.timing;
  return microseconds ? `in ${Math.floor(query * 1000)} us` : `in ${Math.floor(query)} ms`;
}

/** Sixteen bytes a line in hexadecimal, and as text where they are printable. */
function dump(bytes: Uint8Array): string {
  const lines = [`${bytes.length} bytes`];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
    lines.push(`${hex.padEnd(47)}          ${text.join("")}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}
