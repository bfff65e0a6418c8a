import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError, type ConfigProblem } from "../../config/config-error.ts";
import { type FoundFile, readConfigFile } from "../../config/file.ts";
import { readFault } from "../../config/read-fault.ts";
import type { KeyPath } from "../../config/source.ts";
import type { SourceOption } from "./conversion.ts";

/**
 * Reads the file that is to be converted.
 *
 * @throws ConfigError ERR_DOTLS_CONFIG when it cannot be read
 */
export function readSource(file: string): FoundFile {
  const path = resolve(file);
  try {
    return { path, shown: file, bytes: readFileSync(path) };
  } catch (error) {
    throw new ConfigError([{ where: file, key: "", message: readFault(error), hint: null }]);
  }
}

/** The text of a file; what is not UTF-8 is replaced, as it can only stand in comments and unused values. */
export function textOf(file: FoundFile): string {
  return new TextDecoder().decode(file.bytes);
}

/** Keys and values of a YAML file, and where they stand. */
export interface YamlSource {
  readonly raw: Readonly<Record<string, unknown>>;
  /** The option `name` in the map at `path`. */
  readonly option: (name: string, path?: KeyPath) => SourceOption;
  /** Item `index` of the list that the option `name` holds. */
  readonly item: (name: string, index: number) => SourceOption;
}

/**
 * Reads a YAML file.
 *
 * @throws ConfigError ERR_DOTLS_CONFIG when it is not YAML, or not keys and values, with every place
 */
export function readYaml(file: FoundFile): YamlSource {
  const problems: ConfigProblem[] = [];
  const source = readConfigFile(file, problems);
  if (source === null) throw new ConfigError(problems);
  // A file that is read without a problem holds keys and values, or nothing.
  const raw = isRecord(source.raw) ? source.raw : {};
  const lineOf = (where: string): string => where.replace(/(:\d+):\d+$/, "$1");
  return {
    raw,
    option: (name, path = []) => ({
      where: lineOf(source.where(path, name)),
      name,
      value: shown(valueAt(raw, [...path, name])),
    }),
    item: (name, index) => ({
      where: lineOf(source.where([name, index])),
      name,
      value: shown(valueAt(raw, [name, index])),
    }),
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as a list: a single one stands for a list of one, none at all for an empty one. */
export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === null || value === undefined ? [] : [value];
}

/** A plain value as text; null for lists, maps and nothing. */
export function asText(value: unknown): string | null {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** A whole number that is not negative; null when it is none. */
export function asCount(value: unknown): number | null {
  const text = asText(value);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function valueAt(raw: unknown, path: KeyPath): unknown {
  let value: unknown = raw;
  for (const step of path) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- lists and maps alike are looked into by key
    value = (value as Record<string | number, unknown> | null | undefined)?.[step];
  }
  return value;
}

function shown(value: unknown): string {
  if (isRecord(value)) return "";
  return asList(value)
    .map((item) => asText(item))
    .filter((text) => text !== null)
    .join(" ");
}
