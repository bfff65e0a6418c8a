import { rmSync } from "node:fs";
import { userInfo } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatBypass } from "../../src/cli/bypass-text.ts";
import { formatStatus } from "../../src/cli/status-text.ts";
import { Bypass } from "../../src/control/bypass.ts";
import { type ControlServer, startControl } from "../../src/control/control-server.ts";
import type { BypassStatus } from "../../src/control/status.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { socketPath, statusOf } from "../control/sources.ts";
import { runCommand } from "./run-command.ts";

const now = Date.UTC(2026, 10, 21, 14);
const open: BypassStatus = {
  enabled: true,
  open: {
    since: "2026-11-21T13:51:00.000Z",
    until: "2026-11-21T14:01:05.000Z",
    by: "ali\u0007ce",
    resolvers: ["192.0.2.1", "2001:db8::1"],
  },
};

describe("the bypass in words", () => {
  it("is one line, in the status as well while it is open", () => {
    const line = "bypass OPEN for another 1m 5s, by ali?ce: queries go unencrypted to 192.0.2.1 2001:db8::1";
    expect(formatBypass(open, now)).toBe(line);
    expect(formatStatus(statusOf({ bypass: open }), now)).toContain(`\n${line}\n`);
    expect(formatBypass(open, now + 600_000)).toContain("for another 0s");
  });

  it("is closed, or may not be opened", () => {
    expect(formatBypass({ enabled: true, open: null }, now)).toBe("bypass closed");
    expect(formatBypass({ enabled: false, open: null }, now)).toContain("not allowed by bypass.enabled");
    expect(formatStatus(statusOf({ bypass: { enabled: true, open: null } }), now)).not.toContain("bypass");
  });
});

describe("dotls bypass", () => {
  let folder: string;
  let socket: string;
  let server: ControlServer;
  let bypass: Bypass;

  beforeEach(async () => {
    ({ folder, socket } = socketPath());
    bypass = new Bypass({
      enabled: true,
      most: 3_600_000,
      find: () => ["192.0.2.1"],
      onOpen: () => {},
      onClose: () => {},
    });
    const status = (): ReturnType<typeof statusOf> => statusOf({ bypass: bypass.status() });
    server = await startControl({ path: socket, status, history: new HistoryRing(1), bypass });
  });
  afterEach(async () => {
    bypass.close("the test is over");
    await server.close();
    rmSync(folder, { recursive: true });
  });

  async function run(
    ...words: readonly string[]
  ): Promise<{ code: unknown; stdout: string; stderr: string }> {
    return runCommand("bypass", [...words, "--socket", socket], { cwd: folder });
  }

  it("opens it, shows it and closes it", async () => {
    const opened = await run("10m");
    expect([opened.code, opened.stderr]).toEqual([0, ""]);
    const { username } = userInfo();
    expect(opened.stdout).toMatch(
      new RegExp(`^bypass OPEN for another (10m|9m 5\\ds), by ${username}: .* to 192\\.0\\.2\\.1\n$`),
    );
    const json = await run("status", "--json");
    expect(JSON.parse(json.stdout)).toEqual(bypass.status());
    expect((await run("off")).stdout).toBe("bypass closed\n");
    expect((await run("status")).stdout).toBe("bypass closed\n");
  });

  it("fails with exit code 1 and the server's reason", async () => {
    expect(await run("2h")).toMatchObject({ code: 1, stderr: expect.stringContaining("bypass.most") });
    expect(await run("soon")).toMatchObject({ code: 1, stderr: expect.stringContaining("not a duration") });
    expect(await run()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("missing required argument"),
    });
    expect(bypass.status().open).toBeNull();
  });
});
