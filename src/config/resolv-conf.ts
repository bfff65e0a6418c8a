import { isIP } from "node:net";

/** What a resolv.conf(5) says. */
export interface ResolvConf {
  /** IP addresses in their order, a scope id kept, each once. */
  readonly nameservers: readonly string[];
  /** The search list, without final dots. */
  readonly search: readonly string[];
  /** How many dots a name needs to be tried as it is before the search list. */
  readonly ndots: number;
}

/** What the C library takes at the most. */
const MOST_NDOTS = 15;

/**
 * Reads a resolv.conf as the C library does: what is not understood is passed over, of several `search` and `domain`
 * lines the last counts. Never throws.
 */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers = new Set<string>();
  let search: string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [keyword = "", ...values] = wordsOf(line);
    const [first] = values;
    if (first === undefined) continue;
    switch (keyword) {
      case "nameserver":
        if (isIP(first) !== 0) nameservers.add(first);
        break;
      case "search":
        search = values.map(withoutDot);
        break;
      case "domain":
        search = [withoutDot(first)];
        break;
      case "options":
        for (const option of values) {
          const dots = /^ndots:(\d+)$/.exec(option)?.[1];
          if (dots !== undefined) ndots = Math.min(Number(dots), MOST_NDOTS);
        }
        break;
      default:
    }
  }
  return { nameservers: [...nameservers], search, ndots };
}

/** The words of a line up to a comment. */
function wordsOf(line: string): string[] {
  const words = line.trim().split(/\s+/);
  const comment = words.findIndex((word) => /^[#;]/.test(word));
  return comment < 0 ? words : words.slice(0, comment);
}

function withoutDot(name: string): string {
  return name.replace(/\.$/, "");
}
