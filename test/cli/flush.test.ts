import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ControlServer, startControl } from "../../src/control/control-server.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { KeptAnswers } from "../../src/server/kept-answers.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import { socketPath, statusOf } from "../control/sources.ts";
import { logSpy } from "../observe/log-spy.ts";
import { plainConfig } from "../support/serve.ts";
import { addressReply, question, terms } from "../support/stored-answers.ts";
import { runCommand } from "./run-command.ts";

describe("dotls flush", () => {
  let folder: string;
  let socket: string;
  let server: ControlServer;
  let kept: KeptAnswers;

  beforeEach(async () => {
    ({ folder, socket } = socketPath());
    const config = { ...plainConfig, cache: { ...NO_CACHE, size: 4 * 1024 * 1024 } };
    kept = (await KeptAnswers.open(config, logSpy().log))!;
    for (const name of ["a.test", "corp.test", "x.corp.test", "y.corp.test"]) {
      kept.answers.store(question(name), addressReply(name, 1), terms());
    }
    const status = (): ReturnType<typeof statusOf> => statusOf();
    const flush = (what: string | null): Promise<number> => kept.flush(what);
    server = await startControl({ path: socket, status, history: new HistoryRing(1), flush });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  async function run(
    ...words: readonly string[]
  ): Promise<{ code: unknown; stdout: string; stderr: string }> {
    return runCommand("flush", [...words, "--socket", socket], { cwd: folder });
  }

  it("forgets a name, a zone with all below it, or everything, and says how many answers that were", async () => {
    expect(await run("X.Corp.test.")).toEqual({ code: 0, stdout: "1 answer forgotten\n", stderr: "" });
    expect(await run("*.corp.test", "--json")).toEqual({ code: 0, stdout: '{"removed":2}\n', stderr: "" });
    expect(await run("gone.test")).toEqual({ code: 0, stdout: "0 answers forgotten\n", stderr: "" });
    expect(kept.answers.usage().positives).toBe(1);
    expect((await run()).stdout).toBe("1 answer forgotten\n");
    expect(kept.answers.usage().positives).toBe(0);
  });

  it("fails with exit code 1 and the server's reason", async () => {
    expect(await run("a..b")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("dotls: "),
    });
    expect(await run("a.test", "b.test")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("too many arguments"),
    });
    expect(kept.answers.usage().positives).toBe(4);
  });

  it("says that there is nobody to ask", async () => {
    const options = { cwd: folder, env: { DOTLS_CONTROL_SOCKET: "none" } };
    expect(await runCommand("flush", [], options)).toMatchObject({
      code: 1,
      stderr: "dotls: control.socket is none in the configuration: nobody can be asked\n",
    });
  });
});
