import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { root } from "./repository.ts";

const PATIENCE = 20_000;

describe("the executable", () => {
  let folder: string;
  let file: string;
  let server: ChildProcess | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "dotls-executable-"));
    file = join(folder, "dotls");
    execFileSync(process.execPath, [join(root, "scripts/executable.mjs"), file], { stdio: "pipe" });
  }, 120_000);
  afterEach(() => server?.kill("SIGKILL"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** With nothing around it: no Node.js on PATH, no packages beside it. */
  const run = (...words: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(file, words, { cwd: folder, env: { PATH: "/nonexistent" }, encoding: "utf8" });

  it("knows its version and its commands", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(run("--version")).toEqual(
      expect.objectContaining({ status: 0, stdout: `${version}\n`, stderr: "" }),
    );
    expect(run("--help").stdout).toMatch(/^ +healthcheck /m);
    expect(run("serve", "--listen", "nowhere").stderr).toContain('"nowhere" is not an IP address');
  });

  it("serves over TLS, answers, tells its history, and stops", async () => {
    const upstream = await ScriptedUpstream.start();
    const socket = join(folder, "c.sock");
    const flags = ["--listen", "127.0.0.1:0", "--tls-ca", upstream.caFile()];
    flags.push("--upstream", `tls://${upstream.address}:${upstream.port}#${upstream.name}`);
    flags.push("--set", `control.socket=${socket}`, "--set", "control.http=127.0.0.1:0");
    const child = spawn(file, ["serve", ...flags], { cwd: folder, env: { PATH: "/nonexistent" } });
    server = child;
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    }
    const end = performance.now() + PATIENCE;
    while (!said.includes("dotls ready")) {
      if (child.exitCode !== null || performance.now() > end) throw new Error(said);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const port = /udp:\/\/127\.0\.0\.1:(\d+)/.exec(said)![1]!;
    // Not by spawnSync: the upstream is in this process.
    const query = spawn(file, ["query", "@127.0.0.1", "-p", port, "www.example.com"], { env: {} });
    let answer = "";
    query.stdout.setEncoding("utf8").on("data", (text: string) => (answer += text));
    expect((await once(query, "close"))[0]).toBe(0);
    expect(answer).toMatch(/status: NOERROR[^]*ANSWER SECTION:\nwww\.example\.com\./);
    expect(run("history", "--socket", socket).stdout).toContain("www.example.com.");
    // The dashboard is inside as well.
    const page = await fetch(/http:\/\/127\.0\.0\.1:\d+/.exec(said)![0]);
    expect(await page.text()).toMatch(/<script type="module" src="assets\/main-/);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
    await upstream.close();
  });
});
