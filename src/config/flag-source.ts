import type { ConfigProblem } from "./config-error.ts";
import type { Flags } from "./flags.ts";
import { hintForKey, optionKeyOf, OPTIONS, rawFromText, setOption } from "./options.ts";
import type { KeyPath, Source } from "./source.ts";

/** Turns the flags of a command into options. An option that is given in two ways is a problem: which one counts? */
export function readFlagSource(flags: Flags, cwd: string, problems: ConfigProblem[]): Source {
  const raw: Record<string, unknown> = {};
  const givenBy = new Map<string, string>();
  const give = (key: string, flag: string, value: unknown): void => {
    const before = givenBy.get(key);
    if (before !== undefined) {
      const message = before === flag ? "given twice" : `given by ${before} as well`;
      problems.push({ where: flag, key, message, hint: "keep one of them" });
      return;
    }
    givenBy.set(key, flag);
    setOption(raw, key, value);
  };
  if (flags.listen !== undefined) give("listen", "--listen", flags.listen);
  if (flags.upstream !== undefined) give("upstreams", "--upstream", flags.upstream);
  if (flags.tlsCa !== undefined) {
    if (flags.tlsCa.trim() === "") {
      problems.push({ where: "--tls-ca", key: "tls.ca", message: "the path is empty", hint: null });
    } else {
      give("tls.ca", "--tls-ca", flags.tlsCa);
    }
  }
  for (const assignment of flags.set ?? []) readAssignment(assignment, give, problems);
  const flagOf = (key: string): string => givenBy.get(key) ?? "--set";
  const where = (path: KeyPath): string => flagOf(optionKeyOf(path));
  return { raw, base: cwd, where, origin: (key) => `flag ${flagOf(key)}` };
}

function readAssignment(
  assignment: string,
  give: (key: string, flag: string, value: unknown) => void,
  problems: ConfigProblem[],
): void {
  const where = "--set";
  const equals = assignment.indexOf("=");
  if (equals === -1) {
    const message = `"${assignment}" does not set anything`;
    problems.push({ where, key: "", message, hint: "write it as --set timeout=2s" });
    return;
  }
  const key = assignment.slice(0, equals).trim();
  const value = assignment.slice(equals + 1);
  const option = OPTIONS.get(key);
  if (option === undefined) {
    const inside = [...OPTIONS.keys()].filter((known) => known.startsWith(`${key}.`));
    if (inside.length > 0) {
      const message = "this is a section; one of its keys can be set";
      problems.push({ where, key, message, hint: `one of ${inside.join(", ")}` });
    } else {
      const hint = hintForKey(key, "");
      problems.push({ where, key, message: "this key is not known to this version", hint });
    }
  } else {
    const read = rawFromText(option, value);
    if (read.fault === null) give(key, where, read.raw);
    else problems.push({ where, key, message: read.fault, hint: null });
  }
}
