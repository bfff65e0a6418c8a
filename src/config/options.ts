import { listOptions, type Option } from "./schema.ts";
import { nearest } from "./suggest.ts";

/** Every option by its key, in the order of the documentation. */
export const OPTIONS: ReadonlyMap<string, Option> = new Map(
  listOptions().map((option) => [option.key, option]),
);

/** The environment variable of an option: `DOTLS_` and the key in capitals, `_` for `.`. */
export function variableOf(key: string): string {
  return `DOTLS_${key.toUpperCase().replaceAll(".", "_")}`;
}

/**
 * What to tell somebody who wrote a key that does not exist: the key that was meant, when one is near. `section` is
 * the key of the section that it stands in, empty at the top.
 */
export function hintForKey(key: string, section: string): string | null {
  const siblings = childrenOf(section);
  const meant = nearest(key, siblings);
  if (meant !== null) return `did you mean ${section === "" ? meant : `${section}.${meant}`}?`;
  const full = section === "" ? key : `${section}.${key}`;
  // A key of another section that ends in this very word stands in the wrong place: `socket` for `control.socket`.
  const elsewhere = [...OPTIONS.keys()].find((known) => known.split(".").at(-1) === key.split(".").at(-1));
  const other = elsewhere ?? nearest(full, OPTIONS.keys());
  return other === null ? null : `did you mean ${other}?`;
}

/** Sets an option in the nested form that a file has. */
export function setOption(raw: Record<string, unknown>, key: string, value: unknown): void {
  const [first, second] = key.split(".") as [string, string?];
  if (second === undefined) {
    raw[first] = value;
    return;
  }
  const section = (raw[first] ??= {}) as Record<string, unknown>;
  section[second] = value;
}

/** The keys that have a value in the nested form, sections that are empty left out. */
export function keysIn(raw: object): string[] {
  return [...OPTIONS.keys()].filter((key) => {
    const [first, second] = key.split(".") as [string, string?];
    const value = (raw as Record<string, unknown>)[first];
    if (second === undefined) return value !== undefined;
    return typeof value === "object" && value !== null && second in value;
  });
}

/**
 * Turns the text of a variable or a flag into what a file would have held: a list is split on commas and spaces, or
 * given as JSON when its items are objects, `[{"address": "192.0.2.1"}]`.
 *
 * @throws SyntaxError when it begins like such JSON and is none
 */
export function rawFromText(option: Option, value: string): unknown {
  if (!option.list) return value.trim();
  // A bracket alone does not make it JSON: `[::1]:53` is an address.
  if (/^\s*\[\s*[{"]/.test(value)) return JSON.parse(value);
  return value.split(/[\s,]+/).filter((item) => item !== "");
}

function childrenOf(section: string): Set<string> {
  const prefix = section === "" ? "" : `${section}.`;
  const keys = [...OPTIONS.keys()].filter((key) => key.startsWith(prefix));
  return new Set(keys.map((key) => key.slice(prefix.length).split(".")[0]!));
}
