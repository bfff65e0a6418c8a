import { ConfigError, type ConfigProblem } from "../../config/config-error.ts";

/** One attribute of unbound.conf with its values, or the head of a clause, which has none. */
export interface Attribute {
  /** In small letters, without its colon. */
  readonly name: string;
  readonly values: readonly string[];
  /** `FILE:LINE` */
  readonly where: string;
}

/** A clause, `server:` or `forward-zone:`, and what stands in it. */
export interface Clause {
  readonly name: string;
  readonly where: string;
  readonly attributes: Attribute[];
}

/** The words that begin a clause. */
const CLAUSES: ReadonlySet<string> = new Set([
  "server",
  "stub-zone",
  "forward-zone",
  "auth-zone",
  "rpz",
  "view",
  "remote-control",
  "python",
  "dynlib",
  "dnscrypt",
  "cachedb",
  "dnstap",
  "ipset",
]);

/** How many values an attribute takes when it is not one. */
const VALUES: ReadonlyMap<string, number> = new Map([
  ...names(2, "access-control access-control-tag access-control-view interface-action interface-tag"),
  ...names(2, "interface-view local-zone local-zone-tag response-ip response-ip-data response-ip-tag"),
  ...names(2, "ratelimit-for-domain ratelimit-below-domain tcp-connection-limit edns-client-string"),
  ...names(2, "wait-limit-netblock wait-limit-cookie-netblock"),
  ...names(3, "access-control-tag-action access-control-tag-data interface-tag-action"),
  ...names(3, "interface-tag-data local-zone-override"),
]);

/** Gives the text of each file that an include means, in order, or throws ConfigError at `where`. */
export type IncludeReader = (pattern: string, where: string) => readonly { shown: string; text: string }[];

/** How deep files may include each other: as deep as nobody means it, yet short of a loop. */
const MOST_DEPTH = 20;

/**
 * Reads unbound.conf: `attribute: value`, values bare or in either kind of quotes, comments, clauses, and the files that
 * are included, as unbound.conf(5) has them. Attributes that are not known are read as having one value.
 *
 * @throws ConfigError ERR_DOTLS_CONFIG with file, line and column when the text does not follow that grammar
 */
export function parseUnbound(shown: string, text: string, include: IncludeReader): Clause[] {
  const clauses: Clause[] = [];
  readInto(clauses, shown, text, include, 0);
  return clauses;
}

function readInto(
  clauses: Clause[],
  shown: string,
  text: string,
  include: IncludeReader,
  depth: number,
): void {
  const scanner = new Scanner(shown, text);
  for (let word = scanner.attribute(); word !== null; word = scanner.attribute()) {
    const { name, where } = word;
    if (CLAUSES.has(name)) {
      clauses.push({ name, where, attributes: [] });
      continue;
    }
    const values: string[] = [];
    for (let count = VALUES.get(name) ?? 1; count > 0; count--) values.push(scanner.value(word));
    if (name === "include" || name === "include-toplevel") {
      if (depth === MOST_DEPTH) throw fault(where, name, "files include each other too deeply");
      for (const file of include(values[0]!, where)) {
        readInto(clauses, file.shown, file.text, include, depth + 1);
      }
      continue;
    }
    const clause = clauses.at(-1);
    if (clause === undefined) throw fault(word.at, name, "stands before any clause such as server:");
    clause.attributes.push({ name, values, where });
  }
}

interface Word {
  readonly name: string;
  readonly where: string;
  /** `FILE:LINE:COLUMN` */
  readonly at: string;
}

class Scanner {
  readonly #shown: string;
  readonly #text: string;
  #position = 0;
  #line = 1;
  #lineStart = 0;

  constructor(shown: string, text: string) {
    this.#shown = shown;
    this.#text = text;
  }

  /** The next `name:`, or null at the end. */
  attribute(): Word | null {
    this.#skip();
    if (this.#position >= this.#text.length) return null;
    const at = this.#at();
    const match = this.#match(/[A-Za-z0-9_-]+:/y);
    if (match === null) {
      const word = this.#match(/[^\s#]+/y) ?? this.#text[this.#position]!;
      throw fault(at, "", `"${word}" stands where an attribute such as interface: belongs`);
    }
    return { name: match.slice(0, -1).toLowerCase(), where: `${this.#shown}:${this.#line}`, at };
  }

  /** The next value; it may stand on a line of its own. */
  value(of: Word): string {
    this.#skip();
    const quote = this.#text[this.#position];
    if (quote === '"' || quote === "'") return this.#quoted(quote);
    const onNextLine = this.#at().split(":").at(-2) !== of.at.split(":").at(-2);
    const start = this.#position;
    const word = this.#match(/\S+/y);
    if (word === null || (onNextLine && /^[a-z-]+:$/.test(word))) {
      this.#position = start;
      throw fault(of.at, of.name, "has no value");
    }
    return word;
  }

  #quoted(quote: string): string {
    const at = this.#at();
    const match = this.#match(quote === '"' ? /"[^"\r\n]*"/y : /'[^'\r\n]*'/y);
    if (match === null) throw fault(at, "", "the quotes have no end on this line");
    return match.slice(1, -1);
  }

  /** White space, and comments, which begin where a word could. */
  #skip(): void {
    for (;;) {
      const character = this.#text[this.#position];
      if (character === "\n") {
        this.#line++;
        this.#lineStart = ++this.#position;
      } else if (character === "#") {
        this.#match(/[^\n]*/y);
      } else if (this.#match(/[^\S\n]+/y) === null) {
        return;
      }
    }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text)?.[0];
    if (match === undefined) return null;
    this.#position += match.length;
    return match;
  }

  #at(): string {
    return `${this.#shown}:${this.#line}:${this.#position - this.#lineStart + 1}`;
  }
}

function fault(where: string, key: string, message: string): ConfigError {
  const problem: ConfigProblem = { where, key, message, hint: null };
  return new ConfigError([problem]);
}

function names(count: number, list: string): [string, number][] {
  return list.split(" ").map((name) => [name, count]);
}
