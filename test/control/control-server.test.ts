import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request } from "node:http";
import type { Server } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { getStatus } from "../../src/control/client.ts";
import type { ControlServer } from "../../src/control/control-server.ts";
import { startControl } from "../../src/control/control-server.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { socketPath, statusOf } from "./sources.ts";

let folder: string;
let socket: string;
let servers: ControlServer[];

beforeEach(() => {
  ({ folder, socket } = socketPath());
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

async function start(path = socket, { takeOver = false, pid = process.pid } = {}): Promise<ControlServer> {
  const status = (): ReturnType<typeof statusOf> => statusOf({ pid });
  const server = await startControl({ path, takeOver, status, history: new HistoryRing(10) });
  servers.push(server);
  return server;
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve) => server.listen(path, resolve));
}

/** Leaves a socket file behind, as a process does that is killed. */
function leaveStaleSocket(path: string): void {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", script]);
  expect(statSync(path).isSocket()).toBe(true);
}

describe("startControl", () => {
  it("makes the socket for its owner alone, in a folder for its owner alone, and removes it at the end", async () => {
    const path = join(folder, "new", "deep", "control.sock");
    const server = await start(path);
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
    expect((statSync(dirname(path)).mode & 0o777).toString(8)).toBe("700");
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  it("leaves the mask for new files of the process as it was", async () => {
    const before = process.umask();
    await start();
    expect(process.umask()).toBe(before);
  });

  it("replaces the socket of a process that is dead", async () => {
    leaveStaleSocket(socket);
    await start();
    expect((await getStatus(socket)).version).toBe("9.8.7");
  });

  it("does not push another dotls aside, and names it", async () => {
    await start();
    await expect(start()).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_SOCKET",
      message: `cannot use the control socket ${socket}: dotls 9.8.7 with process id ${process.pid} answers there; stop it or use another socket`,
    });
    expect((await getStatus(socket)).version).toBe("9.8.7");
  });

  it("does not push another program aside", async () => {
    const other = createHttpServer((_request, response) => response.end("hello"));
    await listening(other, socket);
    await expect(start()).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_SOCKET",
      message: expect.stringContaining("does not answer as dotls does"),
    });
    expect(existsSync(socket)).toBe(true);
    await new Promise((resolve) => other.close(resolve));
  });

  it("does not remove a file that is no socket", async () => {
    writeFileSync(socket, "precious");
    await expect(start()).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_SOCKET",
      message: expect.stringContaining("there is a file that is not a socket"),
    });
    expect(readFileSync(socket, "utf8")).toBe("precious");
  });

  it.each([
    ["whose folder is a file", () => join(folder, "file", "control.sock"), /ENOTDIR|EEXIST/],
    ["that is too long for a socket", () => join(folder, "x".repeat(100)), /103 bytes at the most/],
    ["that is a folder", () => join(folder, "directory"), /not a socket/],
  ])("refuses a path %s", async (_what, path, message) => {
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "directory"));
    await expect(start(path())).rejects.toMatchObject({
      code: "ERR_DOTLS_CONTROL_SOCKET",
      message: expect.stringMatching(message),
    });
  });

  it("answers other paths, methods and bad parameters with an error in JSON", async () => {
    await start();
    const ask = (method: string, path: string): Promise<{ status: number | undefined; body: unknown }> =>
      new Promise((resolve, reject) => {
        request({ socketPath: socket, method, path }, (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("end", () =>
            resolve({ status: response.statusCode, body: JSON.parse(text) as unknown }),
          );
        })
          .on("error", reject)
          .end();
      });
    const error = (code: string, message: string) => ({
      error: { code, message: expect.stringContaining(message) },
    });
    expect(await ask("GET", "/v2")).toEqual({
      status: 404,
      body: error("ERR_DOTLS_CONTROL_PATH", "no GET /v2"),
    });
    expect(await ask("POST", "/v1/status")).toMatchObject({ status: 404 });
    for (const [query, message] of [
      ["limit=-1", "limit is a whole number"],
      ["limit=", "limit is a whole number"],
      ["follow=yes", "follow is 0 or 1"],
      ["colour=red", 'no parameter "colour"'],
      ["since=soon", 'since: "soon" is not a time'],
    ]) {
      expect(await ask("GET", `/v1/history?${query}`)).toEqual({
        status: 400,
        body: error("ERR_DOTLS_HISTORY_QUERY", message!),
      });
    }
  });
});

describe("a control socket that is taken over", () => {
  it("leads to the new server from then on, and stays when the old one stops", async () => {
    const old = await start(socket, { takeOver: true, pid: 1 });
    expect(old.replaced).toBeNull();
    const next = await start(socket, { takeOver: true, pid: 2 });
    expect(next.replaced).toBe(1);
    expect((await getStatus(socket)).pid).toBe(2);
    expect((statSync(socket).mode & 0o777).toString(8)).toBe("600");
    await old.close();
    expect((await getStatus(socket)).pid).toBe(2);
    await next.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("may be what a dead process left behind", async () => {
    leaveStaleSocket(socket);
    expect((await start(socket, { takeOver: true })).replaced).toBeNull();
    expect((await getStatus(socket)).pid).toBe(process.pid);
  });

  it("is there at every moment", async () => {
    await start(socket, { takeOver: true });
    let asked = 0;
    const done = new AbortController();
    const asking = (async () => {
      for (; !done.signal.aborted; asked++) await getStatus(socket);
    })();
    for (let i = 0; i < 20; i++) {
      const before = servers.at(-1)!;
      await start(socket, { takeOver: true });
      await before.close();
    }
    done.abort();
    await asking;
    expect(asked).toBeGreaterThan(0);
  });

  it("is not taken from another program, nor is a file", async () => {
    const other = createHttpServer((_, response) => response.end("hello")) as Server;
    await listening(other, socket);
    await expect(start(socket, { takeOver: true })).rejects.toThrow("does not answer as dotls does");
    await new Promise((resolve) => other.close(resolve));
    const file = join(folder, "file");
    writeFileSync(file, "x");
    await expect(start(file, { takeOver: true })).rejects.toThrow("a file that is not a socket");
    expect(readFileSync(file, "utf8")).toBe("x");
  });
});
