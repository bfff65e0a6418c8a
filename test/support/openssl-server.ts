import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { until } from "./scripted-upstream/fixture.ts";
import { identity } from "./scripted-upstream/identities.ts";

/** A running `openssl s_server`. */
export interface OpensslServer {
  readonly port: number;
  /** Writes text or a command to its standard input. */
  say(text: string): void;
  /** What it wrote to standard output and standard error so far. */
  output(): string;
}

/**
 * Starts `openssl s_server` on loopback until the test ends. It shows the good certificate of the scripted upstream; `files`
 * are put into its folder, for further options to name them.
 */
export async function opensslServer(
  options: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<OpensslServer> {
  const folder = mkdtempSync(join(tmpdir(), "dotls-openssl-"));
  const { chain, key } = await identity("good");
  for (const [name, text] of Object.entries({ "chain.pem": chain, "key.pem": key, ...files })) {
    writeFileSync(join(folder, name), text);
  }
  const shown = ["-cert", "chain.pem", "-cert_chain", "chain.pem", "-key", "key.pem"];
  const child = spawn("openssl", ["s_server", "-accept", "127.0.0.1:0", ...shown, ...options], {
    cwd: folder,
  });
  onTestFinished(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    rmSync(folder, { recursive: true, force: true });
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  await until(() => /ACCEPT \S+:\d+/.test(output));
  return {
    port: Number(/ACCEPT \S+:(\d+)/.exec(output)![1]),
    say: (text) => child.stdin.write(text),
    output: () => output,
  };
}
