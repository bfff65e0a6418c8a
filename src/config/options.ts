import type { Option } from "./option.ts";
import { listOptions } from "./schema.ts";
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
  const [first = "", second] = key.split(".");
  const section = raw[first];
  if (second === undefined) raw[first] = value;
  else raw[first] = { ...(isSection(section) ? section : {}), [second]: value };
}

/** The keys that have a value in the nested form, sections that are empty left out. */
export function keysIn(raw: unknown): string[] {
  return [...OPTIONS.keys()].filter((key) => {
    const [first = "", second] = key.split(".");
    const value = isSection(raw) ? raw[first] : undefined;
    return second === undefined ? value !== undefined : isSection(value) && value[second] !== undefined;
  });
}

/** The key of the option that a path leads into: `tls.ca` for `tls.ca`, `upstreams` for `upstreams[1].ca`. */
export function optionKeyOf(path: readonly (string | number)[]): string {
  return typeof path[1] === "string" ? `${path[0]}.${path[1]}` : String(path[0]);
}

/**
 * Turns the text of a variable or a flag into what a file would have held: a list is split on commas and spaces, or
 * given as JSON when its items are objects, `[{"address": "192.0.2.1"}]`.
 * `fault` says why it cannot be read.
 */
export function rawFromText(
  option: Option,
  value: string,
): { raw: unknown; fault: null } | { fault: string } {
  if (value.trim() === "") return { fault: "the value is empty" };
  if (!option.list) return { raw: value.trim(), fault: null };
  // A bracket alone does not make it JSON: `[::1]:53` is an address.
  if (!/^\s*\[\s*[{"]/.test(value)) {
    return { raw: value.split(/[\s,]+/).filter((item) => item !== ""), fault: null };
  }
  try {
    return { raw: JSON.parse(value), fault: null };
  } catch (error) {
    return { fault: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function childrenOf(section: string): Set<string> {
  const prefix = section === "" ? "" : `${section}.`;
  const keys = [...OPTIONS.keys()].filter((key) => key.startsWith(prefix));
  return new Set(keys.map((key) => key.slice(prefix.length).split(".")[0]!));
}
