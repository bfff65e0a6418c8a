import { isIPv4, isIPv6 } from "node:net";
import { classCode, RrClass } from "../../dns/rrclass.ts";
import { RrType, typeCode } from "../../dns/rrtype.ts";
import { applyPlusOption } from "./plus-options.ts";
import { reverseName } from "./reverse.ts";
import type { GlobalSettings, Lookup, Settings } from "./settings.ts";
import { cloneSettings, defaultGlobals, defaultSettings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";
import { parseNumber } from "./values.ts";

/** The command line, understood. */
export interface QueryArguments {
  readonly lookups: readonly Lookup[];
  readonly globals: GlobalSettings;
  /** What dig says on standard error and goes on. */
  readonly warnings: readonly string[];
  /** What dig knew when it wrote its first lines, which is when it met the first name. */
  readonly greeting: {
    readonly shown: boolean;
    readonly short: boolean;
    /** The last `@server` before the first name; null: none. */
    readonly server: string | null;
  };
  /** What stood behind `--compare`, upstreams in the short form; null: there was none. */
  readonly compare: readonly string[] | null;
  /** `-h` and `-v`: nothing is asked. */
  readonly only: "help" | "version" | null;
}

/** The long names of two classes (RFC 1035 section 3.2.4), which dig takes too. */
const longClassNames = new Map<string, number>([
  ["CHAOS", RrClass.CH],
  ["HESIOD", RrClass.HS],
]);

/** Options of one letter that take a value: behind the letter, or in the next argument. */
const lettersWithValue = "bcpqtx";

/**
 * Reads a command line in dig's manner: options before the first name hold for all names, those behind a name for it
 * alone; `NAME TYPE CLASS` in any order. Throws UsageError.
 */
export function parseArguments(args: readonly string[]): QueryArguments {
  const parser = new ArgumentParser();
  parser.read(args);
  return parser.finish();
}

class ArgumentParser {
  readonly #globals = defaultGlobals();
  readonly #defaults = defaultSettings();
  readonly #lookups: Lookup[] = [];
  readonly #warnings: string[] = [];
  /** Whom the next option belongs to: the last name, or all of them. */
  #current: Settings = this.#defaults;
  /** After `-t` or `-c` a word that looks like a type is a name. */
  #wordMayBeType = true;
  #lastServer: string | null = null;
  #greeting: QueryArguments["greeting"] | null = null;
  #compare: string[] | null = null;
  #only: QueryArguments["only"] = null;

  read(args: readonly string[]): void {
    for (let at = 0; at < args.length; at += 1) {
      const argument = args[at]!;
      if (argument.startsWith("@")) this.#server(argument.slice(1));
      else if (argument.startsWith("+")) applyPlusOption(argument.slice(1), this.#current, this.#globals);
      else if (argument === "--compare") at += this.#compareWith(args.slice(at + 1));
      else if (argument.startsWith("-")) at += this.#letters(argument.slice(1), args[at + 1]);
      else this.#word(argument);
    }
  }

  finish(): QueryArguments {
    if (this.#lookups.length === 0) {
      this.#addName(".");
      this.#current.type = RrType.NS;
    }
    for (const { type } of this.#lookups) {
      if (type === RrType.AXFR || type === RrType.IXFR)
        throw new UsageError("zone transfers are not supported");
    }
    if (this.#compare !== null) checkComparison(this.#lookups, this.#compare);
    return {
      lookups: this.#lookups,
      globals: this.#globals,
      warnings: this.#warnings,
      greeting: this.#greeting!,
      compare: this.#compare,
      only: this.#only,
    };
  }

  #server(text: string): void {
    if (text === "") throw new UsageError("the name of a server is missing after @");
    this.#current.servers.push(text);
    this.#lastServer = text;
  }

  /** Takes the words up to the next option or server. Gives how many. */
  #compareWith(words: readonly string[]): number {
    const end = words.findIndex((word) => /^[-+@]/.test(word));
    const specs = end < 0 ? words : words.slice(0, end);
    this.#compare = [...(this.#compare ?? []), ...specs];
    return specs.length;
  }

  /** Letters behind one `-`. Gives how many of the next arguments belong to them: 0 or 1. */
  #letters(letters: string, next: string | undefined): number {
    for (let at = 0; at < letters.length; at += 1) {
      const letter = letters[at]!;
      if (lettersWithValue.includes(letter)) {
        const joined = letters.slice(at + 1);
        const value = joined === "" ? next : joined;
        if (value === undefined) throw new UsageError(`-${letter} needs a value`);
        this.#letterWithValue(letter, value);
        return joined === "" ? 1 : 0;
      }
      this.#letter(letter);
    }
    if (letters === "") throw new UsageError("a lone - is no option");
    return 0;
  }

  #letter(letter: string): void {
    switch (letter) {
      case "4":
      case "6": {
        const family = letter === "4" ? 4 : 6;
        if (this.#globals.family === 10 - family) throw new UsageError("only one of -4 and -6 can be given");
        this.#globals.family = family;
        break;
      }
      case "h":
        this.#only = "help";
        break;
      case "v":
        this.#only = "version";
        break;
      case "u":
        this.#current.microseconds = true;
        break;
      case "r":
        // No startup file is ever read: what scripts ask for with -r is the case anyhow.
        break;
      default:
        throw new UsageError(`there is no option -${letter}`);
    }
  }

  #letterWithValue(letter: string, value: string): void {
    switch (letter) {
      case "b":
        this.#globals.source = parseSource(value);
        break;
      case "p":
        this.#globals.port = parseNumber(value, 0xffff, "-p");
        break;
      case "q":
        this.#addName(value);
        break;
      case "t":
        this.#wordMayBeType = false;
        if (!this.#setType(value)) this.#warnings.push(`;; Warning, ignoring invalid type ${value}`);
        break;
      case "c":
        this.#wordMayBeType = false;
        if (!this.#setClass(value)) this.#warnings.push(`;; Warning, ignoring invalid class ${value}`);
        break;
      default:
        this.#addReverse(value);
    }
  }

  #word(word: string): void {
    if (this.#wordMayBeType && (this.#setType(word) || this.#setClass(word))) return;
    this.#addName(word);
  }

  #addName(name: string): void {
    this.#greeting ??= {
      shown: this.#globals.showCommand,
      short: this.#globals.short,
      server: this.#lastServer,
    };
    const lookup: Lookup = { ...cloneSettings(this.#defaults), name };
    this.#lookups.push(lookup);
    this.#current = lookup;
  }

  #addReverse(address: string): void {
    this.#addName(reverseName(address));
    if (!this.#current.typeIsSet) this.#current.type = RrType.PTR;
  }

  #setType(text: string): boolean {
    const type = /^ixfr=/i.test(text) ? RrType.IXFR : typeCode(text);
    if (type === undefined) return false;
    const settings = this.#current;
    if (settings.typeIsSet) this.#warnings.push(";; Warning, extra type option");
    settings.type = type;
    settings.typeIsSet = true;
    // As in dig: what answers ANY is seldom small enough for UDP.
    if (type === RrType.ANY && !settings.tcpIsSet) settings.tcp = true;
    return true;
  }

  #setClass(text: string): boolean {
    const code = longClassNames.get(text.toUpperCase()) ?? classCode(text);
    if (code === undefined) return false;
    if (this.#current.classIsSet) {
      this.#warnings.push(";; Warning, extra class option");
    }
    this.#current.class = code;
    this.#current.classIsSet = true;
    return true;
  }
}

function checkComparison(lookups: readonly Lookup[], specs: readonly string[]): void {
  if (lookups.length > 1) throw new UsageError("--compare takes one name");
  if (lookups[0]!.servers.length + specs.length < 2) {
    throw new UsageError("--compare needs two servers: --compare tls://1.1.1.1#cloudflare-dns.com quad9");
  }
}

function parseSource(text: string): { address: string; port: number } {
  const [address, port] = text.split(/#(.*)/s, 2);
  if (!isIPv4(address!) && !isIPv6(address!)) {
    throw new UsageError(`-b: ${JSON.stringify(text)} is no address of this host`);
  }
  return { address: address!, port: port === undefined ? 0 : parseNumber(port, 0xffff, "-b") };
}
