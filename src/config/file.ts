import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import type * as Yaml from "yaml";
import type { Document, LineCounter, YAMLError } from "yaml";
import type { ConfigProblem } from "./config-error.ts";
import { isMissing, readFault } from "./read-fault.ts";
import type { KeyPath, Source } from "./source.ts";

/** A file that was found: where it is, and what to call it in errors. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  /** As the user knows it. */
  readonly shown: string;
  readonly bytes: Uint8Array;
}

const require = createRequire(import.meta.url);

/** The parser, loaded when there is a file: without one it would be a tenth of the time to the first answer. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what its types say
const loadParser = (): typeof Yaml => require("yaml") as typeof Yaml;

/** Where the file of the whole system is. */
const SYSTEM_FILE = "/etc/dotls/dotls.yaml";

/**
 * Finds and reads the configuration file: the one that `--config` names, else `DOTLS_CONFIG`, else `./dotls.yaml`, else
 * /etc/dotls/dotls.yaml. Gives null when nobody named one and neither of the two exists, or when reading failed: then
 * `problems` has grown by one.
 */
export function findConfigFile(
  asked: { flag?: string | undefined; variable?: string | undefined; cwd: string; systemFile?: string },
  problems: ConfigProblem[],
): FoundFile | null {
  const { flag, variable, cwd, systemFile = SYSTEM_FILE } = asked;
  const named = flag ?? variable;
  if (named !== undefined) {
    const namedBy = flag === undefined ? "DOTLS_CONFIG" : "--config";
    if (named.trim() === "") {
      problems.push({ where: namedBy, key: "", message: "the name of the file is empty", hint: null });
      return null;
    }
    return readFound(resolve(cwd, named), named, ` (named by ${namedBy})`, problems);
  }
  const before = problems.length;
  const local = readFound(join(cwd, "dotls.yaml"), "dotls.yaml", "", problems);
  // A file that exists and cannot be read must not be passed over: another one could ask for less.
  return local ?? (problems.length > before ? null : readFound(systemFile, systemFile, "", problems));
}

/** Reads the YAML of a configuration file. Gives null when it is not YAML, and every reason for it in `problems`. */
export function readConfigFile(file: FoundFile, problems: ConfigProblem[]): Source | null {
  const text = decode(file, problems);
  if (text === null) return null;
  const { LineCounter, isMap, isScalar, parseDocument, visit } = loadParser();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file.shown}:${line}:${col}`;
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    problems.push(...firstOfEachLine(faults, lines).map((fault) => yamlProblem(fault, at, text)));
    return null;
  }
  const base = dirname(file.path);
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return { raw: {}, base, where: () => file.shown, origin: () => file.shown };
  }
  if (!isMap(document.contents)) {
    const message = "the file does not hold keys and values";
    problems.push({ where: at(0), key: "", message, hint: "write it as in timeout: 4s" });
    return null;
  }
  const where = (path: KeyPath, unknownKey?: string | null): string =>
    at(offsetOf(document, path, unknownKey ?? null));
  const before = problems.length;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      const message = `nothing is called &${alias.source}, which *${alias.source} stands for`;
      problems.push({
        where: at(alias.range?.[0] ?? 0),
        key: "",
        message,
        hint: "put a * of your own in quotes",
      });
    },
  });
  if (problems.length > before) return null;
  try {
    return { raw: document.toJS(), base, where, origin: (key) => where(key.split(".")) };
  } catch (error) {
    // Aliases of aliases can stand for more than any memory holds; the parser stops at a hundred for each.
    const message = error instanceof Error ? error.message : String(error);
    problems.push({ where: file.shown, key: "", message: `not YAML: ${message}`, hint: null });
    return null;
  }
}

function readFound(
  path: string,
  shown: string,
  namedBy: string,
  problems: ConfigProblem[],
): FoundFile | null {
  try {
    return { path, shown, bytes: readFileSync(path) };
  } catch (error) {
    if (namedBy !== "" || !isMissing(error)) {
      problems.push({ where: shown, key: "", message: `${readFault(error)}${namedBy}`, hint: null });
    }
    return null;
  }
}

function decode(file: FoundFile, problems: ConfigProblem[]): string | null {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return decoder.decode(file.bytes);
  } catch {
    const message = "the file is not UTF-8 text";
    problems.push({
      where: `${file.shown}:${badLine(file.bytes)}:1`,
      key: "",
      message,
      hint: "save it as UTF-8",
    });
    return null;
  }
}

/** The number of the first line that is not UTF-8. A line end is never part of a longer character. */
function badLine(bytes: Uint8Array): number {
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    if (!isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
    line++;
  }
  return line;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** One slip makes the parser stumble several times over; what it says last about a line is noise. */
function firstOfEachLine(faults: readonly YAMLError[], lines: LineCounter): YAMLError[] {
  const seen = new Set<number>();
  return faults.filter((fault) => {
    const { line } = lines.linePos(fault.pos[0]);
    if (seen.has(line)) return false;
    seen.add(line);
    return true;
  });
}

function yamlProblem(fault: YAMLError, at: (offset: number) => string, text: string): ConfigProblem {
  const where = at(fault.pos[0]);
  const key = "";
  const lineStart = text.lastIndexOf("\n", fault.pos[0] - 1) + 1;
  const line = text.slice(lineStart).split("\n", 1)[0]!;
  if (fault.code === "DUPLICATE_KEY") {
    const name = /^[\s-]*([^:]+):/.exec(text.slice(fault.pos[0]))?.[1] ?? "";
    return { where, key: name, message: "the key is given twice", hint: "keep one of them" };
  }
  if (line.slice(0, fault.pos[0] - lineStart + 1).includes("\t")) {
    return { where, key, message: "a tab in the indentation", hint: "YAML takes spaces only" };
  }
  // The brackets of an IPv6 address mean a list to YAML.
  const hint = /\[[0-9a-f]*:[0-9a-f:.]*(%\w+)?\]/i.test(line)
    ? "put an address with brackets in quotes"
    : null;
  return { where, key, message: yamlMessage(fault), hint };
}

/** The parser talks about its own options in a few places. */
function yamlMessage(fault: YAMLError): string {
  if (fault.code === "MULTIPLE_DOCS") return "a second document begins here, and only one can count";
  if (fault.code === "NON_STRING_KEY") return "not YAML as it is needed here: a key that is not text";
  if (fault.code === "TAG_RESOLVE_FAILED") return `a tag means nothing here: ${fault.message}`;
  return `not YAML: ${fault.message}`;
}

/** The place of a value in the text, or of the key itself when it is unknown; of what is around it when it is missing. */
function offsetOf(document: Document, path: KeyPath, unknownKey: string | null): number {
  const { isMap, isNode, isScalar } = loadParser();
  if (unknownKey !== null) {
    const map = path.length === 0 ? document.contents : document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find(({ key }) => isScalar(key) && key.value === unknownKey)
      : undefined;
    if (isScalar(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
