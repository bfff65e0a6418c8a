import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { flushAnswers } from "../../src/control/client.ts";
import { type ControlServer, startControl } from "../../src/control/control-server.ts";
import { DotlsError } from "../../src/errors.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { socketPath, statusOf } from "./sources.ts";

let folder: string;
let socket: string;
let server: ControlServer | undefined;

beforeEach(() => ({ folder, socket } = socketPath()));
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

async function serve(flush?: (what: string | null) => number): Promise<void> {
  const sources = { path: socket, status: () => statusOf(), history: new HistoryRing(1) };
  server = await startControl({ ...sources, ...(flush && { flush }) });
}

describe("flushing over the control socket", () => {
  it("hands on what is to be forgotten, and says how many answers that were", async () => {
    const asked: (string | null)[] = [];
    await serve((what) => asked.push(what));
    expect(await flushAnswers(socket, null)).toBe(1);
    expect(await flushAnswers(socket, "a b&c=d.test")).toBe(2);
    expect(await flushAnswers(socket, "*.corp.test")).toBe(3);
    expect(asked).toEqual([null, "a b&c=d.test", "*.corp.test"]);
  });

  it("says why it cannot", async () => {
    await serve(() => {
      throw new DotlsError("ERR_DOTLS_NO_CACHE", "no answers are kept");
    });
    await expect(flushAnswers(socket, null)).rejects.toMatchObject({
      code: "ERR_DOTLS_NO_CACHE",
      message: "no answers are kept",
    });
  });

  it("is a path that a server without it does not have", async () => {
    await serve();
    await expect(flushAnswers(socket, null)).rejects.toMatchObject({ code: "ERR_DOTLS_CONTROL_PATH" });
  });
});
