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
interface Block {
  readonly place: string;
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page, those in lists included. */
function blocksOf({ path, text }: Page): Block[] {
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

/** A link to a file of the repository: its target without the anchor, empty for the page itself, and the anchor. */
export interface Link {
  readonly target: string;
  readonly anchor: string;
}

/** The links of a page that stay in the repository. */
export function linksOf({ text }: Page): Link[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((whole) => {
      const [target = "", anchor = ""] = whole.split("#");
      return { target, anchor };
    });
}

/** The anchors that the headings of a page make, as GitHub makes them. */
export function anchorsOf({ text }: Page): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of prose(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    let anchor = plain;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${plain}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** A page without its fenced blocks: `#` begins a comment in them, and brackets are no links. */
function prose(text: string): string {
  return text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");
}

/** A command of dotls as a page shows it: the words behind `dotls`. `complete`: it is to be typed, not only spoken of. */
export interface ShownCommand {
  readonly place: string;
  readonly words: readonly string[];
  readonly complete: boolean;
}

/** The commands of dotls on a page: those of its blocks, and those in its text. */
export function commandsOf(page: Page): ShownCommand[] {
  const shown = blocksOf(page)
    .filter(({ language }) => language === "" || language === "sh")
    .flatMap(({ place, text }) =>
      text.split("\n").flatMap((line) => {
        const typed = /^(?:\$ )?(?:sudo |npx |docker exec dotls )*dotls (.+)/.exec(line.trim())?.[1];
        // What a server prints begins with its name as well.
        return typed === undefined || /^(?:\d|ready)/.test(typed) ? [] : [{ place, typed, complete: true }];
      }),
    );
  const spoken = [...prose(page.text).matchAll(/`dotls ([^`]+)`/g)].map((match) => ({
    place: page.path,
    typed: match[1]!.replaceAll(/\s+/g, " "),
    complete: false,
  }));
  return [...shown, ...spoken]
    .filter(({ typed }) => !/^[A-Z]/.test(typed))
    .map(({ place, typed, complete }) => ({ place, words: wordsOf(typed), complete }));
}

/** The words of a command up to where the shell does something else with it, quotes taken off. */
function wordsOf(typed: string): string[] {
  const words: string[] = [];
  for (const [word] of typed.matchAll(/'[^']*'|"[^"]*"|[^\s'"]+/g)) {
    if (/^(?:\||>|<|&&|;|#)/.test(word)) break;
    words.push(word.replace(/^(['"])(.*)\1$/, "$2"));
  }
  return words;
}
