import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as dnsPacket from "dns-packet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeQuery } from "../support/dot-client.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Where the command under test may leave something, and must not. */
let folder: string;
const running = new Set<ChildProcessWithoutNullStreams>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dotls-test-"));
});

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has printed. */
  out: string;
  error: string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

function run(...words: readonly string[]): Run {
  const child = spawn(process.execPath, [main, ...words], { env: { ...process.env, TMPDIR: folder } });
  running.add(child);
  const ended = once(child, "close").then(([code, signal]: unknown[]) => {
    running.delete(child);
    return (code ?? signal) as number | string;
  });
  const run: Run = { child, out: "", error: "", ended };
  child.stdout.on("data", (chunk: Buffer) => (run.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (run.error += chunk.toString()));
  return run;
}

/** A demo that has printed its last line and serves, and the port where it does. */
async function serving(...words: readonly string[]): Promise<Run & { port: number }> {
  const demo = run("demo", ...words);
  const gone = demo.ended.then((code) => `ended with ${code}`);
  while (!/example.dotls.test TXT\n/.test(demo.out)) {
    const more = await Promise.race([once(demo.child.stdout, "data"), gone]);
    if (typeof more === "string") throw new Error(`${more}: ${demo.error}`);
  }
  return Object.assign(demo, { port: Number(/-p (\d+) example/.exec(demo.out)![1]) });
}

async function askUdp(port: number, query: Buffer): Promise<Buffer> {
  const socket = createSocket("udp4");
  try {
    socket.send(query, port, "127.0.0.1");
    const [reply] = (await once(socket, "message", { signal: AbortSignal.timeout(3000) })) as [Buffer];
    return reply;
  } finally {
    socket.close();
  }
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    socket.bind(port, "127.0.0.1");
    await once(socket, "listening");
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

describe("dotls demo", () => {
  test("--once prints the answer in dig's layout and its trip over TLS, and ends", async () => {
    const demo = run("demo", "--once");
    expect(await demo.ended).toBe(0);
    expect(demo.error).toBe("");
    expect(demo.out).toContain(";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: ");
    expect(demo.out).toContain(`
;; QUESTION SECTION:
;example.dotls.test.\t\tIN\tA

;; ANSWER SECTION:
example.dotls.test.\t300\tIN\tA\t192.0.2.1
example.dotls.test.\t300\tIN\tA\t192.0.2.2
`);
    expect(demo.out).toMatch(/1\. client to dotls +plain DNS over UDP, 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+/);
    expect(demo.out).toMatch(/2\. TLS handshake +TLSv1\.3 to 127\.0\.0\.1:\d+/);
    expect(demo.out).toContain("ALPN dot, SNI dns.dotls.test");
    expect(demo.out).toMatch(/3\. query over TLS +128 bytes/);
    expect(demo.out).toMatch(/4\. answer over TLS +468 bytes/);
    expect(demo.out).toMatch(/5\. dotls to client +NOERROR, 79 bytes/);
    expect(demo.out).not.toContain("Ctrl-C");
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("serves until %s and leaves nothing behind", async (signal) => {
    const demo = await serving();
    const reply = await askUdp(demo.port, makeQuery("anything.wild.dotls.test", { id: 7 }));
    expect(dnsPacket.decode(reply)).toMatchObject({ id: 7, answers: [{ type: "A", data: "192.0.2.99" }] });
    expect(readdirSync(folder)).toHaveLength(1);
    demo.child.kill(signal);
    expect(await demo.ended).toBe(0);
    expect(demo.out).toContain("Stopped: 2 queries, TLS handshakes: 1\n");
    expect(demo.error).toBe("");
    expect(readdirSync(folder)).toEqual([]);
    await expect(isFree(demo.port)).resolves.toBe(true);
  });

  test("prints commands that work when they are pasted", async () => {
    const demo = await serving();
    const commands = [...demo.out.matchAll(/^ {2}\S.* query (@(?:\\\n|.)*)$/gm)].map(([, words]) =>
      words!.replace("\\\n", " ").split(/ +/),
    );
    expect(commands).toHaveLength(2);
    const runs = commands.map((words) => run("query", ...words));
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([0, 0]);
    expect(runs[0]!.out).toContain("\tMX\t10 mail.dotls.test.");
    expect(runs[1]!.out).toContain('\tTXT\t"It travelled over TLS."');
    expect(runs[1]!.out).toContain("(TLS)");
  });

  test("takes the port it is told; a port in use ends it with 1 and leaves nothing behind", async () => {
    const first = await serving();
    const second = run("demo", "--port", String(first.port));
    expect(await second.ended).toBe(1);
    expect(second.error).toContain(`udp://127.0.0.1:${first.port}`);
    expect(readdirSync(folder)).toHaveLength(1);
    first.child.kill("SIGINT");
    expect(await first.ended).toBe(0);
    const third = await serving("--port", String(first.port));
    expect(third.port).toBe(first.port);
  });

  test("refuses a port that is none", async () => {
    const demo = run("demo", "--port", "70000");
    expect(await demo.ended).toBe(1);
    expect(demo.error).toContain("0 to 65535");
  });

  test("leaves nothing behind when its reader goes away", async () => {
    const demo = run("demo");
    demo.child.stdout.destroy();
    expect(await demo.ended).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});
