import { chmodSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { start } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { outcomeOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";
import { runCommand } from "./run-command.ts";
import { folderWith } from "../support/config-folder.ts";
import { replace, type Service, startService, yamlFor } from "./service.ts";

const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

/** A port that only root may open, on an address of our own, so that nobody else has it. */
const LOW = "127.83.6.1:53";

async function answer({ url }: Service): Promise<string> {
  const client = await UdpClient.open(url);
  onTestFinished(() => client.close());
  return outcomeOf((await client.ask("a.test")).message);
}

/** Lets every user read what its certificate is checked with. */
function openTo(upstream: ScriptedUpstream): void {
  chmodSync(dirname(upstream.caFile()), 0o755);
  chmodSync(upstream.caFile(), 0o644);
}

async function failed(service: Service): Promise<string> {
  expect(await service.ended).toBe(1);
  return service.stderr();
}

describe.skipIf(!isRoot)("a server that root starts for another user (skipped unless root)", () => {
  it.each([
    ["by name", "user: nobody"],
    ["by number, in a group of its own", `user: ${NOBODY}\ngroup: ${NOBODY}`],
  ])("opens its doors as root and is that user from then on, %s", async (_, lines) => {
    const upstream = await start({ ttl: 300 });
    openTo(upstream);
    const service = await startService(yamlFor(upstream, `listen: ["${LOW}"]`, lines), {
      env: { DOTLS_CONTROL_SOCKET: "run/deep/c.sock" },
      open: true,
    });
    expect(await answer(service)).toMatch(/^10\./);
    const status = readFileSync(`/proc/${service.process.pid}/status`, "utf8");
    expect(status).toMatch(new RegExp(`^Uid:(\\s+${NOBODY}){4}$`, "m"));
    expect(status).toMatch(new RegExp(`^Gid:(\\s+${NOBODY}){4}$`, "m"));
    expect(status).toMatch(new RegExp(`^Groups:\\s+${NOBODY} $`, "m"));
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    const socket = join(service.folder, "run/deep/c.sock");
    expect(statSync(socket)).toMatchObject({ uid: NOBODY, gid: NOBODY });
    expect(statSync(join(service.folder, "run/deep"))).toMatchObject({ uid: NOBODY });
    // What is loaded and written from here on is for that user.
    expect((await service.run("status", "--socket", socket)).stdout).toContain("udp://");
    const { code, stdout } = await service.run("reload", "--socket", socket);
    expect(code).toBe(0);
    expect(stdout).not.toContain("needs a restart");
  });

  it("says why a door cannot be opened any more, and goes on with those that it has", async () => {
    const upstream = await start();
    openTo(upstream);
    const yaml = yamlFor(upstream, "user: nobody");
    const service = await startService(`${yaml}listen: ["udp://127.0.0.1:0"]\n`, { open: true });
    replace(service.file, `${yaml}listen: ["udp://127.0.0.1:0", "udp://${LOW}"]\n`);
    chmodSync(service.file, 0o644);
    service.process.kill("SIGHUP");
    expect(await service.said(/before stays/)).toMatch(
      /EACCES.*dotls became user nobody when it had opened its doors.*needs a restart/,
    );
    expect(await answer(service)).toMatch(/^10\./);
  });

  it("does not start for a user who is none", async () => {
    const upstream = await start();
    const unknown = await startService(yamlFor(upstream, "user: no-such-user"), { ready: false });
    expect(await failed(unknown)).toBe("dotls: cannot become user no-such-user: there is no such user\n");
    const group = await startService(yamlFor(upstream, "user: nobody", "group: no-such-group"), {
      ready: false,
    });
    expect(await failed(group)).toContain("there is no group no-such-group");
    const number = await startService(yamlFor(upstream, "user: 54321"), { ready: false });
    expect(await failed(number)).toContain("its group has to be named as well");
  });
});

it.skipIf(isRoot)("who is not root cannot become another user (skipped as root)", async () => {
  const folder = folderWith({ "dotls.yaml": "user: root\nlisten: [127.0.0.1:0]\n" });
  const { code, stderr } = await runCommand("serve", [], { cwd: folder });
  expect(stderr).toContain("only root can become another user");
  expect(code).toBe(1);
});
