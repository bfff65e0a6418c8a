import { chmodSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { getHistory, getStatus } from "../../src/control/client.ts";
import { startControl } from "../../src/control/control-server.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { socketPath, statusOf } from "./sources.ts";

let folder: string;
let socket: string;
let servers: Server[];

beforeEach(() => {
  ({ folder, socket } = socketPath());
  servers = [];
});
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

async function impostor(listener: RequestListener): Promise<void> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
}

describe("getStatus", () => {
  it("gives what the server says", async () => {
    const status = statusOf();
    const server = await startControl({ path: socket, status: () => status, history: new HistoryRing(1) });
    expect(await getStatus(socket)).toEqual(status);
    await server.close();
  });

  it("says that nobody is there, where it looked, and how to say another place", async () => {
    await expect(getStatus(socket)).rejects.toMatchObject({
      code: "ERR_DOTLS_NO_SERVER",
      message: `no server on the control socket ${socket}: there is none (another one: --socket PATH)`,
    });
    writeFileSync(socket, "");
    await expect(getStatus(socket)).rejects.toMatchObject({
      code: "ERR_DOTLS_NO_SERVER",
      message: expect.stringContaining("nobody listens"),
    });
    await expect(getStatus(join(folder, "x".repeat(100)))).rejects.toMatchObject({
      code: "ERR_DOTLS_NO_SERVER",
      message: expect.stringContaining("103 bytes"),
    });
  });

  it.skipIf(process.getuid?.() === 0)("says that this user may not ask", async () => {
    await impostor(() => {});
    chmodSync(socket, 0o000);
    await expect(getStatus(socket)).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_DENIED",
      message: expect.stringContaining(`may not open the control socket ${socket}`),
    });
  });

  it.each<[string, RequestListener]>([
    ["another program", (_request, response) => response.end("{}")],
    [
      "a later version of the API",
      (_request, response) => response.setHeader("dotls-control", "2").end("{}"),
    ],
    ["a connection that is cut", (request) => request.socket.destroy()],
  ])("does not take %s for a dotls", async (_what, listener) => {
    await impostor(listener);
    await expect(getStatus(socket)).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_PROTOCOL",
      message: `what listens on ${socket} does not answer as dotls does`,
    });
  });
});

describe("getHistory", () => {
  it("gives the server's own words about a bad request", async () => {
    const server = await startControl({
      path: socket,
      status: () => statusOf(),
      history: new HistoryRing(1),
    });
    await expect(getHistory(socket, { type: "NOPE" })).rejects.toMatchObject({
      code: "ERR_DOTLS_HISTORY_QUERY",
      message: expect.stringContaining('type: "NOPE"'),
    });
    await server.close();
  });

  it("puts lines together that arrive in pieces, and says when the server dies in the middle", async () => {
    await impostor((_request, response) => {
      response.setHeader("dotls-control", "1");
      response.write('{"lost":1}\n{"lo');
      setTimeout(() => response.write('st":2}\n'), 20);
      setTimeout(() => response.destroy(), 40);
    });
    const entries = await getHistory(socket, {});
    expect((await entries.next()).value).toEqual({ lost: 1 });
    expect((await entries.next()).value).toEqual({ lost: 2 });
    await expect(entries.next()).rejects.toMatchObject({ code: "ERR_DOTLS_NO_SERVER" });
  });
});
