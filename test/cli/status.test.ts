import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatStatus } from "../../src/cli/status-text.ts";
import { startControl } from "../../src/control/control-server.ts";
import { Counters } from "../../src/observe/counters.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { Source, Transport } from "../../src/observe/outcome.ts";
import { socketPath, statusOf } from "../control/sources.ts";
import { outcomeOf } from "../observe/outcomes.ts";
import { runCommand } from "./run-command.ts";

const now = Date.UTC(2026, 10, 22, 16, 3, 4);

describe("formatStatus", () => {
  it("shows what becomes of dnstap", () => {
    const dnstap = { to: "unix:/run/dnstap.sock", connected: 2, sent: 18, dropped: 3 };
    expect(formatStatus(statusOf({ dnstap }), now)).toContain(
      "\ndnstap    18 messages to unix:/run/dnstap.sock, 3 dropped, 2 readers connected\n",
    );
  });

  it("shows the server, each upstream with its last error in words, and the counters", () => {
    const counters = new Counters();
    const local = { server: null, source: Source.LOCAL };
    for (const outcome of [
      outcomeOf("a.", { duration: 2 }),
      outcomeOf("a.", { duration: 4, transport: Transport.TCP, rcode: 3 }),
      outcomeOf("a.", { ...local, duration: 0, rcode: 5 }),
      outcomeOf("a.", { ...local, duration: 3, rcode: 2, error: "no \u0007 upstream" }),
    ]) {
      counters.received(outcome);
      counters.ended(outcome);
    }
    const file = {
      path: "/var/log/dotls.ndjson",
      written: 3,
      lost: 1,
      error: "ENOSPC: no space left on device",
    };
    const status = statusOf({
      queries: counters.snapshot(),
      history: { kept: 4, size: 10_000, file },
    });
    expect(formatStatus(status, now)).toBe(
      [
        `dotls 9.8.7, process id ${process.pid}, up 1d 2h, /etc/dotls/dotls.yaml`,
        "listening on udp://127.0.0.1:5300 tcp://127.0.0.1:5300",
        "",
        "UPSTREAM                     STATE     RTT  HANDSHAKE  HANDSHAKES  RESUMED  QUERIES  ANSWERS  FAILED  IN FLIGHT",
        "tls://192.0.2.1#dns.example  up     8.3 ms    21.5 ms           2        1     1000      990      10          4",
        "tls://192.0.2.2#dns.example  down        -          -           0        0        0        0       7          0",
        "  last error 3m ago: 192.0.2.2 port 853 refused the connection (refused)",
        "",
        "queries   4 received (udp 3, tcp 1), 2 answered by upstreams, 2.25 ms on average",
        "replies   NOERROR 1, SERVFAIL 1, NXDOMAIN 1, REFUSED 1; refused to clients not allowed 1, dropped 0",
        "error     1 times: no ? upstream",
        "history   4 of at most 10000 queries in memory",
        "          3 written to /var/log/dotls.ndjson, 1 lost",
        "          it cannot be written: ENOSPC: no space left on device",
        "",
      ].join("\n"),
    );
  });

  it("does without what is not there, and names the address where the label does not", () => {
    const [first] = statusOf().upstreams;
    expect(formatStatus(statusOf({ workers: 2 }), now)).toContain("5300, 2 workers\n");
    const bare = statusOf({ config: null, listeners: [], upstreams: [], uptime: 0.4 });
    expect(formatStatus(bare, now)).toContain(
      "up 0s, no configuration file\nlistening on nothing\n\nno upstreams\n",
    );
    const designated = { protocol: "https", name: "dns.example", address: "192.0.2.9", port: 443 } as const;
    const found = statusOf({ upstreams: [{ ...first!, label: "ddr://192.0.2.1", designated }] });
    expect(formatStatus(found, now)).toContain("ddr://192.0.2.1 -> https 192.0.2.9 port 443  up");
    const named = statusOf({ upstreams: [{ ...first!, label: "office" }], uptime: 61 });
    expect(formatStatus(named, now)).toContain("up 1m 1s");
    expect(formatStatus(named, now)).toContain("office (192.0.2.1)  up");
  });
});

describe("the cache in the status", () => {
  const cache = {
    size: 67_108_864,
    used: 2_621_440,
    entries: 1234,
    negatives: 56,
    failures: 7,
    stored: 2000,
    evicted: 8,
    file: null,
  };

  it("is what it answered, what is in it, and what became of it", () => {
    const queries = { ...new Counters().snapshot(), cached: 900, stale: 100, refreshed: 30 };
    expect(formatStatus(statusOf({ cache, queries }), now)).toContain(
      [
        "",
        "cache     1000 answered from memory, 100 of them over their time",
        "          1234 answers (56 negative) and 7 failures in 2.5 MiB of 64.0 MiB",
        "          30 fetched anew unasked, 8 had to make room",
        "history ",
      ].join("\n"),
    );
  });

  it("names its file, and is not there when nothing is kept", () => {
    const text = formatStatus(statusOf({ cache: { ...cache, file: "/var/lib/dotls/\u0007answers" } }), now);
    expect(text).toContain("\n          saved to /var/lib/dotls/?answers when the server stops\n");
    expect(formatStatus(statusOf({ cache: null }), now)).not.toContain("cache");
  });
});

describe("dotls status", () => {
  let folder: string;
  let socket: string;
  beforeEach(() => ({ folder, socket } = socketPath()));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("prints what the server says, as text or as JSON", async () => {
    const status = statusOf();
    const server = await startControl({ path: socket, status: () => status, history: new HistoryRing(1) });
    const text = await runCommand("status", ["--socket", socket], { cwd: folder });
    expect([text.code, text.stderr]).toEqual([0, ""]);
    expect(text.stdout).toMatch(/^dotls 9\.8\.7, process id/);
    const json = await runCommand("status", ["--json", "--socket", socket], { cwd: folder });
    expect([json.code, JSON.parse(json.stdout)]).toEqual([0, status]);
    await server.close();
  });

  it("fails with exit code 1 when nobody is there", async () => {
    expect(await runCommand("status", ["--socket", socket], { cwd: folder })).toEqual({
      code: 1,
      stdout: "",
      stderr: `dotls: no server on the control socket ${socket}: there is none (another one: --socket PATH)\n`,
    });
  });

  it("says that the configuration has no socket, or cannot be used", async () => {
    const none = await runCommand("status", [], { cwd: folder, env: { DOTLS_CONTROL_SOCKET: "none" } });
    expect([none.code, none.stderr]).toEqual([
      1,
      "dotls: control.socket is none in the configuration: nobody can be asked\n",
    ]);
    const bad = await runCommand("status", ["--config", "/nonexistent.yaml"], { cwd: folder });
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining("/nonexistent.yaml")]);
  });
});
