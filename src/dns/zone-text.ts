import type { ResourceRecord } from "./message.ts";
import { parseName } from "./name.ts";
import { parseRdata } from "./rr/registry.ts";
import { className, classCode, RrClass } from "./rrclass.ts";
import { RrType, typeCode } from "./rrtype.ts";
import { placed, PresentationError } from "./text-errors.ts";
import type { Token, TokenLine } from "./tokens.ts";
import { tokenize } from "./tokens.ts";
import { parseTtl } from "./ttl.ts";

/** Classes that only questions and updates may have. */
const questionClasses: ReadonlySet<number> = new Set([RrClass.ANY, RrClass.NONE]);

export interface ZoneOptions {
  /** What relative names are below until the text says `$ORIGIN`, in wire form. */
  readonly origin: Uint8Array;
}

/**
 * Reads the text of a zone (RFC 1035 section 5, RFC 2308 section 4 for `$TTL`, RFC 3597 section 5 for unknown types):
 * all records in the order of the text, names absolute. A record without a TTL has that of `$TTL`, else that of the
 * record before, else, for the SOA record, its own last field. `$INCLUDE` and `$GENERATE` are refused.
 * Throws PresentationError with line and column.
 */
export function parseZone(text: string, options: ZoneOptions): ResourceRecord[] {
  const parser = new ZoneParser(options.origin);
  for (const line of tokenize(text)) parser.entry(line);
  return parser.records;
}

class ZoneParser {
  readonly records: ResourceRecord[] = [];
  #origin: Uint8Array;
  #owner: Uint8Array | undefined;
  #defaultTtl: number | undefined;
  #lastTtl: number | undefined;
  /** The class of the first record is that of all (RFC 1035 section 5.2). */
  #class: number | undefined;

  constructor(origin: Uint8Array) {
    this.#origin = origin;
  }

  entry(line: TokenLine): void {
    const first = line.tokens[0]!;
    if (!line.leadingBlank && !first.quoted && first.text.startsWith("$")) {
      this.#directive(first, line.tokens.slice(1));
      return;
    }
    const cursor = new EntryCursor(line.tokens);
    const owner = this.#readOwner(line, cursor);
    const { ttl, rrclass, type } = this.#readHead(cursor);
    const typeToken = cursor.previous;
    const settledClass = this.#settleClass(rrclass, typeToken);
    const rdata = placed(typeToken, () => parseRdata(type, cursor.rest(), this.#origin, settledClass));
    this.records.push({
      name: owner,
      type,
      class: settledClass,
      ttl: this.#settleTtl(ttl, type, rdata, typeToken),
      rdata,
    });
  }

  #directive(name: Token, values: readonly Token[]): void {
    const [value, extra] = values;
    switch (name.text.toUpperCase()) {
      case "$ORIGIN":
        this.#origin = placed(name, () => parseName(required(value, "$ORIGIN needs a name"), this.#origin));
        break;
      case "$TTL": {
        const ttl = parseTtl(placed(name, () => required(value, "$TTL needs a time")));
        if (ttl === undefined) throw new PresentationError(`${quote(value!)} is no TTL`, value);
        this.#defaultTtl = ttl;
        break;
      }
      case "$INCLUDE":
      case "$GENERATE":
        throw new PresentationError(`${name.text} is not supported: write its records into this file`, name);
      default:
        throw new PresentationError(`there is no directive ${quote(name)}`, name);
    }
    if (extra !== undefined) throw new PresentationError(`${name.text} takes one value`, extra);
  }

  #readOwner(line: TokenLine, cursor: EntryCursor): Uint8Array {
    if (line.leadingBlank) {
      if (this.#owner !== undefined) return this.#owner;
      throw new PresentationError("the first record has no owner name", line.tokens[0]);
    }
    const token = cursor.next("a record needs an owner name");
    this.#owner = placed(token, () => parseName(token.text, this.#origin));
    return this.#owner;
  }

  /** The TTL and the class, each at most once and in either order, and the type behind them. */
  #readHead(cursor: EntryCursor): { ttl: number | undefined; rrclass: number | undefined; type: number } {
    let ttl: number | undefined;
    let rrclass: number | undefined;
    for (;;) {
      const token = cursor.next("the record has no type");
      const word = token.text;
      if (ttl === undefined && /^\d/.test(word)) {
        ttl = parseTtl(word);
        if (ttl === undefined) throw new PresentationError(`${quote(token)} is no TTL`, token);
        continue;
      }
      const code = classCode(word);
      if (rrclass === undefined && code !== undefined && !questionClasses.has(code)) {
        rrclass = code;
        continue;
      }
      const type = typeCode(word);
      if (type === undefined) throw new PresentationError(`${quote(token)} is no type of record`, token);
      if (isQuestionOnly(type))
        throw new PresentationError(`a zone cannot hold a ${quote(token)} record`, token);
      return { ttl, rrclass, type };
    }
  }

  #settleClass(stated: number | undefined, at: Token): number {
    this.#class ??= stated ?? RrClass.IN;
    if (stated !== undefined && stated !== this.#class) {
      const [here, before] = [className(stated), className(this.#class)];
      throw new PresentationError(`a record of class ${here} in a zone of class ${before}`, at);
    }
    return this.#class;
  }

  #settleTtl(stated: number | undefined, type: number, rdata: Uint8Array, at: Token): number {
    const ttl = stated ?? this.#defaultTtl ?? this.#lastTtl ?? soaMinimum(type, rdata);
    if (ttl === undefined)
      throw new PresentationError("the record has no TTL and there is no $TTL before it", at);
    this.#lastTtl = ttl;
    return ttl;
  }
}

/** A walk over the tokens of one record. */
class EntryCursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The token that `next` gave last. */
  get previous(): Token {
    return this.#tokens[this.#at - 1]!;
  }

  next(missing: string): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new PresentationError(missing, this.#tokens.at(-1));
    this.#at += 1;
    return token;
  }

  rest(): readonly Token[] {
    return this.#tokens.slice(this.#at);
  }
}

/** OPT and the types from 128 to 255, which stand in questions and in transactions only (RFC 6895 section 3.1). */
function isQuestionOnly(type: number): boolean {
  return type === RrType.OPT || type === 0 || (type >= 128 && type <= 255);
}

/** The last field of a SOA record: what RFC 1035 used before there was `$TTL`. */
function soaMinimum(type: number, rdata: Uint8Array): number | undefined {
  if (type !== RrType.SOA) return undefined;
  return new DataView(rdata.buffer, rdata.byteOffset + rdata.length - 4, 4).getUint32(0);
}

function required(token: Token | undefined, missing: string): string {
  if (token === undefined) throw new PresentationError(missing);
  return token.text;
}

function quote({ text }: Token): string {
  return JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 37)}...`);
}
