import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../support/peers/process.ts";
import { until } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { type RunningCommand, runCommand, startCommand } from "./run-command.ts";

/** `dotls serve` with a configuration file that a test can change. */
export interface Service extends RunningCommand {
  /** Where it runs, with `dotls.yaml` in it. */
  readonly folder: string;
  readonly file: string;
  /** Of its first UDP door. */
  readonly url: string;
  /** What it has logged since the last call, as messages. */
  news(): string[];
  /** Waits until it has logged something that matches; gives that message. */
  said(pattern: RegExp): Promise<string>;
  /** Runs another command beside it, which finds it by the same file. */
  run(name: string, ...args: readonly string[]): ReturnType<typeof runCommand>;
}

/** A configuration that needs nothing of this machine, with more lines behind it. */
export function yamlFor(upstream: ScriptedUpstream, ...more: string[]): string {
  return [
    `upstreams: ["tls://${upstream.address}:${upstream.port}#${upstream.name}"]`,
    `tls: {ca: "${upstream.caFile()}"}`,
    "state: none",
    "localNames: {test: false}",
    ...more,
    "",
  ].join("\n");
}

/** Starts it; it ends with the test. */
export async function startService(
  yaml: string,
  {
    env = {},
    ready = true,
    open = false,
  }: {
    readonly env?: Record<string, string>;
    /** Wait until it answers. */
    readonly ready?: boolean;
    /** Let every user into its folder. */
    readonly open?: boolean;
  } = {},
): Promise<Service> {
  const folder = temporaryFolder();
  const file = join(folder.path, "dotls.yaml");
  const control = { DOTLS_CONTROL_SOCKET: join(folder.path, "c.sock") };
  writeFileSync(file, yaml);
  if (open) chmodSync(folder.path, 0o777);
  const listen = /^listen:/m.test(yaml) ? [] : ["--listen", "127.0.0.1:0"];
  const command = startCommand("serve", listen, { cwd: folder.path, env: { ...control, ...env } });
  onTestFinished(async () => {
    command.process.kill("SIGKILL");
    await command.ended;
    folder.remove();
  });
  let seen = 0;
  const messages = (): string[] =>
    command
      .stderr()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => (JSON.parse(line) as { message: string }).message);
  if (ready) {
    await until(() => command.stdout().includes("dotls ready") || command.process.exitCode !== null);
    if (command.process.exitCode !== null) throw new Error(command.stderr());
  }
  return {
    ...command,
    folder: folder.path,
    file,
    url: /udp:\S+/.exec(command.stdout())?.[0] ?? "",
    news: () => {
      const all = messages();
      const news = all.slice(seen);
      seen = all.length;
      return news;
    },
    said: async (pattern) => {
      await until(() => messages().some((message) => pattern.test(message)));
      return messages().find((message) => pattern.test(message))!;
    },
    run: (name, ...args) => runCommand(name, args, { cwd: folder.path, env: control }),
  };
}

/** Replaces a file as editors and configuration tools do. */
export function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
