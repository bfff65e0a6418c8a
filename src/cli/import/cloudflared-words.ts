/** An option of a command line: its name without dashes, and its value; null where none follows. */
export interface Flag {
  readonly name: string;
  readonly value: string | null;
}

/** Options of cloudflared that take no value, of those that stand beside the ones of proxy-dns. */
const SWITCHES: ReadonlySet<string> = new Set([
  "proxy-dns",
  "no-autoupdate",
  "is-autoupdated",
  "help",
  "version",
]);

/** Takes the words of a command line apart as cloudflared does: `--name value`, `--name=value`, one dash or two. */
export function readFlags(words: readonly string[]): Flag[] {
  const flags: Flag[] = [];
  for (let index = 0; index < words.length; index++) {
    const match = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(words[index]!);
    // What is no option is the program, its command, or a variable of the shell that starts it.
    if (match === null) continue;
    const name = match[1]!;
    const next = words[index + 1];
    const follows =
      match[2] === undefined && !SWITCHES.has(name) && next !== undefined && !next.startsWith("-");
    flags.push({ name, value: match[2] ?? (follows ? next : null) });
    if (follows) index++;
  }
  return flags;
}

/** Splits a line into words as a shell and systemd do: at white space, but not inside quotes. */
export function splitWords(line: string): string[] {
  const words = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
