import { Document, type Node, Pair, YAMLMap, YAMLSeq } from "yaml";

/** One option of the configuration that is converted, as it stands there. */
export interface SourceOption {
  /** `FILE:LINE`, the name of a variable, or a flag. */
  readonly where: string;
  readonly name: string;
  /** Its value on one line; empty when it has none, or none that should be shown. */
  readonly value: string;
}

/** What a user has to know about an option that did not become the same thing here. */
export interface Remark {
  readonly where: string;
  readonly option: string;
  readonly text: string;
}

interface Entry {
  readonly comments: string[];
  readonly items: { readonly comments: readonly string[]; readonly value: unknown }[] | null;
  readonly value: unknown;
}

/** The order of the keys in what is written: what matters most comes first. */
const ORDER = ["listen", "upstreams", "bootstrap", "policy", "routes", "timeout", "tls", "access", "log"];

/**
 * A configuration of dotls that grows out of another program's. Each option of the source leaves a comment: above the key
 * that it became, or at the end with the reason why it became none. Keys are dotted (`tls.ca`).
 */
export class Conversion {
  readonly #entries = new Map<string, Entry>();
  readonly #unused: string[] = [];
  readonly #remarks: Remark[] = [];

  /** In the order of the source. */
  get remarks(): readonly Remark[] {
    return this.#remarks.toSorted((a, b) => byPlace(a.where, b.where));
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Sets a key to a value; what was there gives way to it, its comments stay. */
  set(key: string, value: unknown, from: readonly SourceOption[], remark: string | null = null): void {
    const comments = [...(this.#entries.get(key)?.comments ?? []), ...this.#commentsOn(from, remark)];
    this.#entries.set(key, { comments, items: null, value });
  }

  /** Adds an item to the list of a key, unless it is there. */
  add(key: string, value: unknown, from: readonly SourceOption[], remarks: readonly string[] = []): void {
    const items = this.#entries.get(key)?.items;
    const twin = items?.some((item) => JSON.stringify(item.value) === JSON.stringify(value)) ?? false;
    if (twin && from[0] !== undefined) {
      this.drop(from[0], "the same is in the list before");
      return;
    }
    const comments = this.#commentsOn(from, ...remarks);
    if (items) items.push({ comments, value });
    else this.#entries.set(key, { comments: [], items: [{ comments, value }], value: null });
  }

  /** An option that became nothing, and why. */
  drop(option: SourceOption, reason: string): void {
    this.#unused.push(...this.#commentsOn([option], reason));
  }

  /** Says something about an option that has its comment elsewhere, or that is not there at all. */
  remark(option: SourceOption, text: string): void {
    this.#remarks.push({ where: option.where, option: option.name, text });
  }

  /** The YAML of dotls.yaml. `origin` says where it comes from. */
  toYaml(origin: string): string {
    const document = new Document();
    const root = new YAMLMap();
    const sections = new Map<string, YAMLMap>();
    const rank = (key: string): number => ORDER.indexOf(key.split(".")[0]!);
    const entries = [...this.#entries].sort(([a], [b]) => rank(a) - rank(b));
    for (const [key, entry] of entries) {
      const [first = "", second] = key.split(".");
      const pair = pairOf(document, second ?? first, entry);
      if (second === undefined) {
        addSpaced(root, pair);
        continue;
      }
      let section = sections.get(first);
      if (section === undefined) {
        section = new YAMLMap();
        sections.set(first, section);
        addSpaced(root, new Pair(document.createNode(first), section));
      }
      section.items.push(pair);
    }
    document.contents = root;
    document.commentBefore = ` ${plain(origin)}`;
    if (this.#unused.length > 0) {
      document.comment = ["What has no key of its own here:", ...this.#unused.toSorted(byPlace)]
        .map((line) => ` ${line}`)
        .join("\n");
    }
    return document.toString({ lineWidth: 0 });
  }

  #commentsOn(from: readonly SourceOption[], ...remarks: readonly (string | null)[]): string[] {
    const said = remarks.filter((text) => text !== null);
    const about = from[0];
    if (about === undefined) return said.map(plain);
    for (const text of said) this.#remarks.push({ where: about.where, option: about.name, text });
    const options = from.map(({ name, value }) => (value === "" ? name : `${name} ${value}`)).join(", ");
    const first = `${about.where}: ${options}`;
    // A single remark fits behind what it is about.
    if (said.length === 1) return [plain(`${first}: ${said[0]}`)];
    return [first, ...said].map(plain);
  }
}

/** Line 9 comes before line 10. */
function byPlace(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** A comment must stay on its line: what stands in it comes from outside. */
function plain(text: string): string {
  const oneLine = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").trimEnd();
  return oneLine.length > 300 ? `${oneLine.slice(0, 297)}...` : oneLine;
}

function pairOf(document: Document, name: string, entry: Entry): Pair<Node, Node> {
  const key = document.createNode(name);
  comment(key, entry.comments);
  if (entry.items === null) return new Pair<Node, Node>(key, document.createNode(entry.value));
  const list = new YAMLSeq<Node>();
  for (const { comments, value } of entry.items) {
    const node: Node = document.createNode(value);
    comment(node, comments);
    list.items.push(node);
  }
  return new Pair<Node, Node>(key, list);
}

function comment(node: Node, lines: readonly string[]): void {
  if (lines.length > 0) node.commentBefore = lines.map((line) => ` ${line}`).join("\n");
}

function addSpaced(root: YAMLMap, pair: Pair<Node, Node>): void {
  if (root.items.length > 0) pair.key.spaceBefore = true;
  root.items.push(pair);
}
