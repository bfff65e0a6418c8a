import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../src/config/load.ts";
import type { RunningCommand } from "./cli/run-command.ts";
import { startCommand } from "./cli/run-command.ts";
import { program } from "./support/needs.ts";
import { ScriptedUpstream } from "./support/scripted-upstream.ts";
import { until } from "./support/scripted-upstream/fixture.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map((match) =>
    match[1]!.trim(),
  );
}

/** Commands that install or run all tests are run by .ci/run on a fresh clone; here their scripts must exist. */
const fresh = /^npm ci && npm (?:run )?(?<script>\w+)/;

const SERVE = "npx dotls serve";

const commands = blocks("sh").flatMap((block) => block.split("\n"));

describe("the commands of the README, in their order", () => {
  let folder: string;
  let upstream: ScriptedUpstream;
  let server: RunningCommand | undefined;
  let port: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "dotls-readme-"));
    upstream = await ScriptedUpstream.start();
    env = {
      DOTLS_UPSTREAMS: `tls://${upstream.address}:${upstream.port}#${upstream.name}`,
      DOTLS_TLS_CA: upstream.caFile(),
      DOTLS_LISTEN: "udp://127.0.0.1:0 tcp://127.0.0.1:0",
      DOTLS_CONTROL_SOCKET: join(folder, "control.sock"),
    };
  });

  afterAll(async () => {
    server?.process.kill("SIGTERM");
    await server?.ended;
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A line of the README as this machine can run it: the built command for npx, loopback for servers of the Internet. */
  function prepared(line: string): string[] {
    return line
      .replace(/^npx dotls/, `node ${join(root, "dist/cli/main.js")}`)
      .replace("-p 5300", `-p ${port}`)
      .replace("@1.1.1.1", `@${upstream.address} -p ${upstream.port} +tls-ca=${upstream.caFile()}`)
      .replace("+tls-host=cloudflare-dns.com", `+tls-host=${upstream.name}`)
      .split(" ");
  }

  async function run(line: string): Promise<{ code: number | null; output: string }> {
    const [file = "", ...args] = prepared(line);
    const child = spawn(file, args, { cwd: folder, env: { ...process.env, ...env } });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    const code = await new Promise<number | null>((resolve) => {
      child.on("close", resolve);
    });
    return { code, output };
  }

  const lines = commands.filter((line) => !fresh.test(line));

  it.each(commands.flatMap((line) => fresh.exec(line)?.groups?.["script"] ?? []))(
    "npm ci && npm run %s: package.json has the script",
    (script) => {
      const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
      expect(Object.keys(scripts)).toContain(script);
    },
  );

  it("npx dotls serve: is one of them, and answers", async () => {
    expect(lines).toContain(SERVE);
    const started = startCommand("serve", [], { cwd: folder, env });
    server = started;
    await until(() => started.stdout().includes("dotls ready"));
    port = /udp:\/\/127\.0\.0\.1:(\d+)/.exec(started.stdout())![1]!;
  });

  it.each(lines.filter((line) => line !== SERVE && !isMissing(line)))("%s", async (line) => {
    const { code, output } = await run(line);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toMatch(expected(line));
  });

  describe.skipIf(!lines.some(isMissing))("skipped, as the program is not installed", () => {
    it.each(lines.filter(isMissing))("%s", (line) => expect(isMissing(line)).toBe(true));
  });
});

function isMissing(line: string): boolean {
  const needed = line.split(" ")[0] ?? "";
  return needed !== "npx" && program(needed) === undefined;
}

/** What the output of a command must have. */
function expected(line: string): RegExp {
  if (line.includes("history")) return /example\.com\./;
  if (line.includes("example.com")) return /status: NOERROR/;
  return line.includes("status") ? /127\.0\.0\.1/ : /listen/;
}

describe("the configurations of the README", () => {
  it.each(blocks("yaml"))("can be used: %s", async (text) => {
    const folder = mkdtempSync(join(tmpdir(), "dotls-readme-"));
    const upstream = await ScriptedUpstream.start();
    try {
      // The authority that the text names is the reader's own; here it stands in the folder.
      const ca = join(folder, "etc/dotls/corp-ca.pem");
      mkdirSync(dirname(ca), { recursive: true });
      symlinkSync(upstream.caFile(), ca);
      writeFileSync(join(folder, "dotls.yaml"), text.replace("/etc/dotls/corp-ca.pem", ca));
      expect(loadConfig({ cwd: folder, env: {} }).config.upstreams.length).toBeGreaterThan(0);
    } finally {
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
