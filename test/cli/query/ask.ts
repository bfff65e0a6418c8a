import { execFile } from "node:child_process";
import { runQuery } from "../../../src/cli/query/query-command.ts";

/** What a command printed and how it ended. */
export interface Ran {
  readonly out: string;
  readonly error: string;
  readonly code: number;
}

/** Runs `dotls query` in this process. */
export async function dotlsQuery(...args: string[]): Promise<Ran> {
  let out = "";
  let error = "";
  const code = await runQuery(args, "0.0.0", {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
  });
  return { out, error, code };
}

/** Runs dig, without its startup file and in the locale that prints the names of days as we do. */
export function dig(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C.UTF-8" } };
    const child = execFile("dig", ["-r", ...args], options, (_failed, out, error) => {
      resolve({ out, error, code: child.exitCode ?? -1 });
    });
  });
}

/**
 * A printed reply without what two runs cannot share: ids, cookies, times, the program's name, and the lines behind the
 * footer that dig does not have.
 */
export function comparable(text: string): string {
  return text
    .replaceAll(/^; <<>> (?:DiG|dotls) \S+ <<>>(?: -r)?/gm, "; <<>> PROGRAM VERSION <<>>")
    .replaceAll(/\bid: \d+/g, "id: ID")
    .replaceAll(/^; COOKIE: [\da-f]+/gm, (line) => `; COOKIE: ${line.length} characters`)
    .replaceAll(/^;; Query time: \d+ (msec|usec)$/gm, ";; Query time: SOME $1")
    .replaceAll(/\bin \d+ (ms|us)\b/g, "in SOME $1")
    .replaceAll(/^(;; WHEN: )\w{3} \w{3} \d\d \d\d:\d\d:\d\d/gm, "$1MOMENT")
    .replaceAll(/^;; (?:TIMING|TLS): .*\n/gm, "");
}
