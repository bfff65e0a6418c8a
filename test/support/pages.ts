import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A page of the documentation: its path from the root of the repository, and its text. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** Every page in docs/, and the README. */
export function pages(): Page[] {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
  return ["README.md", ...docs.sort()].map((path) => ({
    path,
    text: readFileSync(join(root, path), "utf8"),
  }));
}

/** A fenced block of a page; `place` says where it is, `language` is the word behind the fence. */
export interface Block {
  readonly place: string;
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page, those in lists included. */
export function blocksOf({ path, text }: Page): Block[] {
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split("\n").length}`,
    language: match[2]!,
    text: match[3]!,
  }));
}

/** Words with which YAML for another program begins: its kind is told by a comment in its first line. */
const OF_OTHERS = /^# (?!dotls\.yaml)[\w./-]+\.ya?ml\b/;

/** Every configuration of dotls in the documentation: YAML that does not say that it belongs to another file. */
export function configurations(): { place: string; yaml: string }[] {
  return pages()
    .flatMap(blocksOf)
    .filter(({ language, text }) => language === "yaml" && !OF_OTHERS.test(text) && parse(text) !== null)
    .map(({ place, text }) => ({ place, yaml: text }));
}
