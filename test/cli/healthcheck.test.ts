import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startControl } from "../../src/control/control-server.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { statusOf } from "../control/sources.ts";
import { printed } from "../support/printed.ts";
import { type RunningCommand, runCommand, startCommand } from "./run-command.ts";

/** Nobody is at this upstream: health is not about what is out there. */
const AWAY = "tls://127.0.0.1:9#dns.example";

let folder: string;
let server: RunningCommand | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dotls-health-"));
});

afterEach(async () => {
  server?.process.kill("SIGKILL");
  await server?.ended;
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** Starts `dotls serve` with the rest of dotls.yaml as given; what is said of the environment is for it alone. */
async function serve(yaml: string): Promise<string[]> {
  writeFileSync(join(folder, "dotls.yaml"), `upstreams: ["${AWAY}"]\nstate: none\n${yaml}\n`);
  const started = startCommand("serve", [], { cwd: folder });
  server = started;
  await printed(started, "dotls ready");
  return [...started.stdout().matchAll(/(?:udp|tcp):\/\/\S+/g)].map(([url]) => url);
}

function socketOf(): string {
  return join(folder, "c.sock");
}

const healthcheck = (...args: string[]): ReturnType<typeof runCommand> =>
  runCommand("healthcheck", args, { cwd: folder });

describe("dotls healthcheck", () => {
  it("is content when every door answers, though no upstream does", async () => {
    const urls = await serve(`listen: [127.0.0.1:0]\ncontrol: { socket: ${socketOf()} }`);
    const { code, stdout } = await healthcheck();
    expect([code, stdout]).toEqual([0, `healthy: ${urls.join(" ")}\n`]);
    expect((await healthcheck("--socket", socketOf())).code).toBe(0);
  });

  it("needs neither a control socket nor that localhost is answered here", async () => {
    const [first] = await serve("listen: [127.0.0.1:0]\ncontrol: { socket: none }");
    const port = new URL(first!).port;
    const options = `upstreams: ["${AWAY}"]\nlisten: ["127.0.0.1:${port}"]\ncontrol: { socket: none }`;
    writeFileSync(join(folder, "dotls.yaml"), `${options}\nlocalNames: { localhost: false }\n`);
    expect(await healthcheck()).toMatchObject({ code: 0, stderr: "" });
  });

  it.each(["0.0.0.0", '"[::]"'])("asks loopback where the server listens on %s", async (wildcard) => {
    const listen = wildcard.endsWith('"') ? wildcard.replace(/"$/, ':0"') : `${wildcard}:0`;
    await serve(`listen: [${listen}]\ncontrol: { socket: ${socketOf()} }`);
    expect(await healthcheck()).toMatchObject({ code: 0, stderr: "" });
  });

  it("goes by the running server when the file was spoiled under it", async () => {
    await serve(`listen: [127.0.0.1:0]\ncontrol: { socket: ${socketOf()} }`);
    writeFileSync(join(folder, "dotls.yaml"), "lisden: []\n");
    expect(await healthcheck("--socket", socketOf())).toMatchObject({ code: 0, stderr: "" });
    const env = { DOTLS_CONTROL_SOCKET: socketOf() };
    expect(await runCommand("healthcheck", [], { cwd: folder, env })).toMatchObject({ code: 0 });
    const nobody = await healthcheck("--socket", join(folder, "other.sock"));
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("did you mean listen?")]);
  });

  it("says where nobody answers, with exit code 1", async () => {
    const silent = createSocket("udp4");
    silent.bind(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address();
    const env = { DOTLS_LISTEN: `127.0.0.1:${port}`, DOTLS_CONTROL_SOCKET: "none" };
    const { code, stdout, stderr } = await runCommand("healthcheck", [], { cwd: folder, env });
    silent.close();
    expect([code, stdout]).toEqual([1, ""]);
    const [udp, tcp] = ["udp", "tcp"].map((transport) => `${transport}://127.0.0.1:${port}`);
    expect(stderr).toBe(
      `dotls: the server is not healthy: it does not answer at ${udp}: timed out; at ${tcp}: connection refused\n`,
    );
  });

  it("does not take a server at its word that its doors are open", async () => {
    const gone = createSocket("udp4");
    gone.bind(0, "127.0.0.1");
    await once(gone, "listening");
    const door = `udp://127.0.0.1:${gone.address().port}`;
    gone.close();
    const status = () => statusOf({ listeners: [door] });
    const control = await startControl({ path: socketOf(), status, history: new HistoryRing(1) });
    const { code, stderr } = await healthcheck("--socket", socketOf());
    await control.close();
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${door}: connection refused`)]);
  });

  it.each([
    ["nobody is at the socket that is named", ["--socket", "/nonexistent/control.sock"], {}, "nobody is at"],
    [
      "only the system knows the port",
      [],
      { DOTLS_LISTEN: "127.0.0.1:0", DOTLS_CONTROL_SOCKET: "none" },
      "leaves its port to the system",
    ],
  ])("fails when %s", async (_, args, env, reason) => {
    const { code, stderr } = await runCommand("healthcheck", args, { cwd: folder, env });
    expect([code, stderr]).toEqual([1, expect.stringContaining(reason)]);
  });
});
