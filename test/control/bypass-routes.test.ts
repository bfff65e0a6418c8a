import { rmSync } from "node:fs";
import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bypass } from "../../src/control/bypass.ts";
import { closeBypass, getStatus, openBypass } from "../../src/control/client.ts";
import { type ControlServer, startControl } from "../../src/control/control-server.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { socketPath, statusOf } from "./sources.ts";

let folder: string;
let socket: string;
let server: ControlServer | undefined;
let events: string[];

beforeEach(() => {
  ({ folder, socket } = socketPath());
  events = [];
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

async function serve(enabled: boolean | null = true): Promise<void> {
  const options = {
    most: 3_600_000,
    find: () => ["192.0.2.1"],
    onOpen: ({ by }: { by: string }) => events.push(`opened by ${by}`),
    onClose: (why: string) => events.push(why),
  };
  const bypass = enabled === null ? undefined : new Bypass({ enabled, ...options });
  server = await startControl({
    path: socket,
    status: () => statusOf(bypass && { bypass: bypass.status() }),
    history: new HistoryRing(1),
    ...(bypass && { bypass }),
  });
}

describe("the bypass over the control socket", () => {
  it("is opened and closed, and the status shows it", async () => {
    await serve();
    const opened = await openBypass(socket, "10m", "alice & bob");
    expect(opened).toMatchObject({ enabled: true, open: { by: "alice & bob", resolvers: ["192.0.2.1"] } });
    expect(Date.parse(opened.open!.until) - Date.parse(opened.open!.since)).toBe(600_000);
    expect((await getStatus(socket)).bypass).toEqual(opened);
    expect(await closeBypass(socket, "carol")).toEqual({ enabled: true, open: null });
    expect((await getStatus(socket)).bypass).toEqual({ enabled: true, open: null });
    expect(events).toEqual(["opened by alice & bob", "closed by carol"]);
  });

  it("stays closed when it is not allowed or not understood, and says why", async () => {
    await serve(false);
    await expect(openBypass(socket, "10m", "alice")).rejects.toMatchObject({ code: "ERR_DOTLS_BYPASS" });
    await expect(openBypass(socket, "10", "alice")).rejects.toMatchObject({
      code: "ERR_DOTLS_BAD_DURATION",
      message: expect.stringContaining("10s"),
    });
    await expect(openBypass(socket, "", "alice")).rejects.toMatchObject({ code: "ERR_DOTLS_BAD_DURATION" });
    expect(events).toEqual([]);
  });

  it("lets no name write into a terminal or fill a log", async () => {
    await serve();
    const { open } = await openBypass(socket, "1m", `\u001b[2J${"x".repeat(1000)}`);
    expect(open!.by).toBe(`?[2J${"x".repeat(60)}`);
    expect((await openBypass(socket, "1m", "")).open!.by).toBe("somebody");
  });

  it("is not opened by asking for it as a page", async () => {
    await serve();
    const status = await new Promise<number | undefined>((resolve) => {
      request({ socketPath: socket, path: "/v1/bypass?for=10m" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect([status, events]).toEqual([404, []]);
  });

  it("is not there in a server without it", async () => {
    await serve(null);
    await expect(openBypass(socket, "1m", "alice")).rejects.toMatchObject({ code: "ERR_DOTLS_CONTROL_PATH" });
    expect((await getStatus(socket)).bypass).toBeUndefined();
  });
});
