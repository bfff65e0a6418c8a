import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { programPath, temporaryFolder } from "./process.ts";

/** What dnsperf says at its end. */
export interface LoadReport {
  readonly sent: number;
  readonly completed: number;
  /** Those without an answer in time. */
  readonly lost: number;
  /** By their mnemonics. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Lets dnsperf ask these names, of type A, in turn. `url` is `udp://127.0.0.1:PORT` or `tcp://...`. */
export async function dnsperf(
  url: string,
  names: readonly string[],
  options: {
    readonly seconds: number;
    /** Questions a second; 0: as many as can be answered. */
    readonly rate: number;
    /** From so many addresses of its own. */
    readonly clients: number;
  },
): Promise<LoadReport> {
  const { seconds, rate, clients } = options;
  const folder = temporaryFolder();
  const file = join(folder.path, "names");
  writeFileSync(file, names.map((name) => `${name} A\n`).join(""));
  const { protocol, port } = new URL(url);
  const args = ["-s", "127.0.0.1", "-p", port, "-d", file, "-m", protocol.slice(0, 3)];
  args.push("-l", `${seconds}`, "-c", `${clients}`, "-t", "3", ...(rate > 0 ? ["-Q", `${rate}`] : []));
  const child = spawn("dnsperf", args, { env: { ...process.env, PATH: programPath } });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  await once(child, "close");
  folder.remove();
  const number = (what: RegExp): number => {
    const found = what.exec(said);
    if (found === null) throw new Error(`dnsperf has failed: ${said}`);
    return Number(found[1]);
  };
  const codes = /Response codes:(.*)/.exec(said)?.[1] ?? "";
  return {
    sent: number(/Queries sent:\s+(\d+)/),
    completed: number(/Queries completed:\s+(\d+)/),
    lost: number(/Queries lost:\s+(\d+)/),
    codes: Object.fromEntries(
      Array.from(codes.matchAll(/([A-Z]+) (\d+)/g), ([, code = "", count]) => [code, Number(count)]),
    ),
  };
}
