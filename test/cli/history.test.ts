import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { historyWriters } from "../../src/cli/history-format.ts";
import type { ControlServer } from "../../src/control/control-server.ts";
import { startControl } from "../../src/control/control-server.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { Source, Transport } from "../../src/observe/outcome.ts";
import { socketPath, statusOf } from "../control/sources.ts";
import { outcomeOf } from "../observe/outcomes.ts";
import { runCommand, startCommand } from "./run-command.ts";

const noon = Date.UTC(2026, 10, 21, 12, 0, 0);

let folder: string;
let socket: string;
let ring: HistoryRing;
let server: ControlServer | null;

beforeEach(() => {
  ({ folder, socket } = socketPath());
  ring = new HistoryRing(1000, { wall: () => noon, monotonic: () => 0 });
  server = null;
});
afterEach(async () => {
  await server?.close();
  rmSync(folder, { recursive: true });
});

async function serve(): Promise<void> {
  server = await startControl({ path: socket, status: () => statusOf(), history: ring });
}

function recordThree(): void {
  ring.ended(outcomeOf("www.Example.com.", { duration: 8.25 }));
  ring.ended(
    outcomeOf("nope.example.net.", {
      transport: Transport.TCP,
      clientAddress: "2001:db8::1",
      type: 28,
      rcode: 3,
      replySize: 112,
    }),
  );
  ring.ended(
    outcomeOf("version.bind.", {
      type: 16,
      class: 3,
      rcode: 2,
      server: null,
      source: Source.LOCAL,
      error: "timeout\u001b[31m after 4s",
    }),
  );
}

const run = (...args: string[]) => runCommand("history", ["--socket", socket, ...args], { cwd: folder });

function config(...lines: string[]): void {
  writeFileSync(
    join(folder, "dotls.yaml"),
    ["upstreams: [tls://192.0.2.1#dns.example]", ...lines, ""].join("\n"),
  );
}

describe("dotls history", () => {
  it("shows a table with a line for each query of the running server", async () => {
    await serve();
    recordThree();
    expect(await run()).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "TIME                     CLIENT           VIA  NAME                              TYPE    RCODE            MS  SERVER                          BYTES  ERROR",
        "2026-11-21 12:00:00.000  127.0.0.1        udp  www.Example.com.                  A       NOERROR       8.250  tls://192.0.2.1#dns.example        60",
        "2026-11-21 12:00:00.000  2001:db8::1      tcp  nope.example.net.                 AAAA    NXDOMAIN     12.500  tls://192.0.2.1#dns.example       112",
        "2026-11-21 12:00:00.000  127.0.0.1        udp  version.bind.                     CH/TXT  SERVFAIL     12.500  -                                  60  timeout?[31m after 4s",
        "",
      ].join("\n"),
    });
  });

  it("prints NDJSON, each line an entry as the server keeps it", async () => {
    await serve();
    recordThree();
    const { code, stdout, stderr } = await run("--json");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe([0, 1, 2].map((sequence) => `${JSON.stringify(ring.entry(sequence))}\n`).join(""));
  });

  it.each([
    [["--name", "*.example.com"], ["www.Example.com."]],
    [
      ["--name", "*EXAMPLE*"],
      ["www.Example.com.", "nope.example.net."],
    ],
    [["--rcode", "servfail"], ["version.bind."]],
    [["--type", "AAAA"], ["nope.example.net."]],
    [["--client", "2001:*"], ["nope.example.net."]],
    [
      ["--source", "upstream"],
      ["www.Example.com.", "nope.example.net."],
    ],
    [["--source", "local"], ["version.bind."]],
    [["--source", "none"], []],
    [
      ["--upstream", "*#dns.example"],
      ["www.Example.com.", "nope.example.net."],
    ],
    [
      ["--slow", "10ms"],
      ["nope.example.net.", "version.bind."],
    ],
    [["--slow", "0.0125s", "--source", "upstream"], ["nope.example.net."]],
    [["--limit", "1"], ["version.bind."]],
    [
      ["--since", "2026-11-21T12:00:00Z"],
      ["www.Example.com.", "nope.example.net.", "version.bind."],
    ],
    [["--until", "2026-11-21T12:00:00Z"], []],
    [["--since", "2026-11-21T12:00:01Z"], []],
  ])("%j finds %j in the server and in a file alike", async (flags, names) => {
    await serve();
    recordThree();
    const file = join(folder, "history.ndjson");
    writeFileSync(file, [0, 1, 2].map((sequence) => `${JSON.stringify(ring.entry(sequence))}\n`).join(""));
    for (const source of [[], ["--file", file]]) {
      const { code, stdout } = await run("--json", ...flags, ...source);
      expect(code).toBe(0);
      const found = stdout
        .split("\n")
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { name: string }).name);
      expect(found).toEqual(names);
    }
  });

  it.each([
    [["--limit", "many"], '--limit: "many" is not a whole number'],
    [["--since", "soon"], '--since: "soon" is not a time'],
    [["--rcode", "NOPE"], 'rcode: "NOPE" is not a response code'],
    [["--source", "moon"], 'source: "moon" is not local, upstream, cache, stale or none'],
    [["--slow", "soon"], 'slow: "soon" is not a duration'],
    [["--format", "xml"], '--format: "xml" is not table, json, csv, common'],
    [["--format", "csv", "--json"], "--json and --format csv contradict each other"],
    [["--forget", "--name", "x"], "--forget is for all queries, and takes no --name"],
    [["--forget"], "no server on the control socket"],
    [["--follow", "--file", "x"], "--follow shows a running server"],
    [["--file", "/nonexistent/history"], "cannot read the history file: ENOENT"],
    [[], "no server on the control socket"],
    [["--follow"], "no server on the control socket"],
  ])("%j without a server fails with exit code 1 and says: %s", async (flags, message) => {
    const { code, stdout, stderr } = await run(...flags);
    expect(code).toBe(1);
    expect(stderr).toContain(`dotls: ${message}`);
    expect(stdout).toBe("");
  });

  it("finds the socket in the configuration and in the environment", async () => {
    await serve();
    recordThree();
    config(`control: { socket: ${socket} }`);
    expect((await runCommand("history", ["--json"], { cwd: folder })).stdout.split("\n")).toHaveLength(4);
    config("control: { socket: /nonexistent/socket }");
    const env = { DOTLS_CONTROL_SOCKET: socket };
    expect((await runCommand("history", ["--json"], { cwd: folder, env })).stdout.split("\n")).toHaveLength(
      4,
    );
  });

  it("reads the file of the configuration when no server runs, rotated files first, and says so", async () => {
    const file = join(folder, "history.ndjson");
    config(`control: { socket: ${socket} }`, `history: { file: ${file} }`);
    recordThree();
    const line = (sequence: number): string => `${JSON.stringify(ring.entry(sequence))}\n`;
    writeFileSync(file, `${line(2)}{"v":1,"half`);
    writeFileSync(`${file}.2026-11-20T00-00-00.000Z`, line(1));
    writeFileSync(`${file}.2026-11-19T00-00-00.000Z`, line(0));
    const { code, stdout, stderr } = await runCommand("history", ["--json"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toBe(line(0) + line(1) + line(2));
    expect(stderr).toBe(
      `dotls: no server on the control socket ${socket}: there is none (another one: --socket PATH); reading ${file}\n` +
        "dotls: 1 lines are no history entries, they were left out\n",
    );
  });

  it("says that there is nowhere to ask when the configuration has no socket and no file", async () => {
    config("control: { socket: none }");
    const { code, stderr } = await runCommand("history", [], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toBe("dotls: control.socket is none in the configuration\n");
  });

  it("writes CSV and the common log form, from the server and from a file", async () => {
    await serve();
    recordThree();
    const file = join(folder, "history.ndjson");
    const all = [0, 1, 2].map((sequence) => ring.entry(sequence)!);
    writeFileSync(file, all.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    for (const format of ["csv", "common"] as const) {
      const { header, row } = historyWriters[format];
      const expected = header() + all.map(row).join("");
      expect((await run("--format", format)).stdout).toBe(expected);
      expect((await run("--format", format, "--file", file)).stdout).toBe(expected);
    }
    expect((await run("--format", "json")).stdout).toBe((await run("--json")).stdout);
  });

  it("shows what an earlier version has written, which had fewer fields", async () => {
    const file = join(folder, "history.ndjson");
    const old =
      '{"v":1,"time":"2026-11-21T12:00:00.000Z","client":"127.0.0.1","port":1,"transport":"udp","name":"old.","type":"A","class":"IN","rcode":"NOERROR","ms":1,"source":"upstream","server":"x","bytes":60,"querySize":33,"error":null}\n';
    writeFileSync(file, old);
    for (const format of ["table", "json", "csv", "common"]) {
      const { code, stdout } = await run("--format", format, "--file", file);
      expect([code, stdout.includes("old.")]).toEqual([0, true]);
    }
  });

  it("ends silently when its reader has enough", async () => {
    await serve();
    for (let i = 0; i < 1000; i++) ring.ended(outcomeOf(`n${i}.`));
    const command = startCommand("history", ["--socket", socket], { cwd: folder });
    command.process.stdout.once("data", () => command.process.stdout.destroy());
    expect(await command.ended).toBe(0);
    expect(command.stderr()).toBe("");
  });
});

describe("dotls history --forget", () => {
  it("makes the server forget", async () => {
    const forget = vi.fn(async () => ring.forget());
    server = await startControl({ path: socket, status: () => statusOf(), history: ring, forget });
    recordThree();
    expect(await run("--forget")).toEqual({
      code: 0,
      stderr: "",
      stdout: "the server has forgotten 3 queries in memory, and all that it had on disk\n",
    });
    expect(forget).toHaveBeenCalledTimes(1);
    expect((await run("--json")).stdout).toBe("");
  });

  it("empties the files of the configuration when no server runs", async () => {
    const file = join(folder, "history.ndjson");
    config(`control: { socket: ${socket} }`, `history: { file: ${file} }`);
    writeFileSync(file, "x\n");
    writeFileSync(`${file}.2026-11-20T00-00-00.000Z`, "y\n");
    expect(await runCommand("history", ["--forget"], { cwd: folder })).toEqual({
      code: 0,
      stderr: "",
      stdout: `no server runs; ${file} is empty, and files that were rotated away from it are gone\n`,
    });
    expect(readdirSync(folder).filter((name) => name.startsWith("history"))).toEqual(["history.ndjson"]);
    expect(statSync(file).size).toBe(0);
  });
});

describe("dotls history --follow", () => {
  it("shows the last ten and what comes, until Ctrl-C, which is no failure", async () => {
    await serve();
    for (let i = 0; i < 20; i++) ring.ended(outcomeOf(`old${i}.`));
    const command = startCommand("history", ["--follow", "--json", "--socket", socket], { cwd: folder });
    await vi.waitFor(() => expect(command.stdout()).toContain("old19."), { timeout: 5000 });
    expect(command.stdout().split("\n")).toHaveLength(11);
    ring.ended(outcomeOf("new."));
    await vi.waitFor(() => expect(command.stdout()).toContain('"new."'), { timeout: 5000 });
    command.process.kill("SIGINT");
    expect(await command.ended).toBe(0);
    expect(command.stderr()).toBe("");
  });

  it("ends when the server stops, and says so", async () => {
    await serve();
    const command = startCommand("history", ["-f", "--socket", socket], { cwd: folder });
    await vi.waitFor(() => expect(command.stdout()).toContain("TIME"), { timeout: 5000 });
    await server?.close();
    expect(await command.ended).toBe(0);
    expect(command.stderr()).toBe("dotls: the server has stopped\n");
  });

  it("ends silently when its reader goes away", async () => {
    await serve();
    const command = startCommand("history", ["-f", "--socket", socket], { cwd: folder });
    await vi.waitFor(() => expect(command.stdout()).toContain("TIME"), { timeout: 5000 });
    command.process.stdout.destroy();
    ring.ended(outcomeOf("one."));
    await new Promise((resolve) => setTimeout(resolve, 200));
    ring.ended(outcomeOf("two."));
    expect(await command.ended).toBe(0);
    expect(command.stderr()).toBe("");
  });
});
