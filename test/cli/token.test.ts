import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseControlToken } from "../../src/config/control-token.ts";
import { TokenCheck } from "../../src/control/token.ts";
import { startServer } from "../../src/server.ts";
import { logSpy } from "../observe/log-spy.ts";
import { plainConfig } from "../support/serve.ts";
import { runCommand } from "./run-command.ts";

describe("dotls token", () => {
  it("prints a token and the hash that belongs to it", async () => {
    const { stdout } = await runCommand("token", [], { cwd: tmpdir() });
    const [, token, hash] = /^token {2}(dotls_\S{43})\nhash {3}(scrypt:\S+)\n$/.exec(stdout) ?? [];
    expect(parseControlToken(hash!)).toEqual({ hash });
    expect(await new TokenCheck(hash!).look(token!)).toBe("right");
  });
});

describe("the first start on an address that others reach", () => {
  it("shows a token once, which then opens the API", async () => {
    const state = mkdtempSync(join(tmpdir(), "dotls-token-"));
    onTestFinished(() => rmSync(state, { recursive: true }));
    const config = {
      ...plainConfig,
      state,
      // As seen from this host: no other one is to reach a test.
      control: { socket: null, http: { address: "0.0.0.0", port: 0 }, token: "auto" as const },
    };
    let token = "";
    for (const start of ["first", "second"]) {
      const { log, lines } = logSpy();
      const server = await startServer(config, { log });
      try {
        const shown = lines.flatMap(({ message }) => /shown this once: (\S+)/.exec(message)?.[1] ?? []);
        expect([start, shown.length]).toEqual([start, start === "first" ? 1 : 0]);
        token ||= shown[0]!;
        const url = server.controlUrl!.replace("0.0.0.0", "127.0.0.1");
        expect((await fetch(`${url}/v1/status`)).status).toBe(401);
        const headers = { authorization: `Bearer ${token}` };
        expect((await fetch(`${url}/v1/status`, { headers })).status).toBe(200);
        expect((await fetch(`${url}/readyz`)).status).toBe(200);
      } finally {
        await server.stop();
      }
    }
  });

  it("does not start where no token can be kept", async () => {
    const control = { socket: null, http: { address: "0.0.0.0", port: 0 }, token: "auto" as const };
    await expect(startServer({ ...plainConfig, state: null, control }, logSpy())).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_TOKEN",
    });
  });
});
