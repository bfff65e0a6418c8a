import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeWith } from "../../support/needs.ts";
import { printed } from "../../support/printed.ts";
import { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { type RunningCommand, startCommand } from "../run-command.ts";

const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
const run = promisify(execFile);

/** An address of loopback that no other server of this machine is likely to have port 53 of. */
const DOOR = "127.0.53.77";

const resolvConf = "nameserver 192.0.2.1\noptions timeout:1 attempts:1\n";

// The real /etc/resolv.conf and the C library that reads it, in a mount namespace where they are ours.
describeWith(["unshare", "getent"], "dotls system on a host", () => {
  let folder: string;
  let upstream: ScriptedUpstream;
  let server: RunningCommand;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "dotls-host-"));
    upstream = await ScriptedUpstream.start();
    const options = [
      `listen: ["${DOOR}:${process.getuid?.() === 0 ? 53 : 0}"]`,
      `upstreams: ["tls://${upstream.address}:${upstream.port}#${upstream.name}"]`,
      `tls: { ca: ${upstream.caFile()} }`,
      "control: { socket: none }",
      "state: none",
    ];
    writeFileSync(join(folder, "dotls.yaml"), options.join("\n"));
    mkdirSync(join(folder, "etc"));
    writeFileSync(join(folder, "etc", "resolv.conf"), resolvConf);
    writeFileSync(join(folder, "etc", "nsswitch.conf"), "hosts: dns\n");
    server = startCommand("serve", [], { cwd: folder });
    await printed(server, "dotls ready");
  });

  afterEach(async () => {
    server.process.kill("SIGKILL");
    await server.ended;
    await upstream.close();
    rmSync(folder, { recursive: true });
  });

  /** What comes of shell commands on a host with the `/etc` of the folder and an empty `/var/lib`. */
  async function onHost(mounts: string, script: string): Promise<string[]> {
    const dotls = `"${process.execPath}" "${main}" system`;
    const commands = `set -e\n${mounts}\nmount -t tmpfs none /var/lib\ncd "${folder}"\n${script.replaceAll("dotls system", dotls)}`;
    const { stdout } = await run("unshare", ["--mount", "sh", "-c", commands], {
      env: { PATH: process.env["PATH"] ?? "", HOME: folder },
    });
    return stdout.trim().split("\n");
  }

  const script = `
    dotls system status || echo "exit code $?"
    dotls system enable --config dotls.yaml
    dotls system status
    getent ahostsv4 www.example.com | head -n 1
    dotls system disable
    cat /etc/resolv.conf`;

  const expected = [
    "not enabled",
    "exit code 1",
    "wrote /etc/resolv.conf",
    `the programs of this host ask dotls at ${DOOR}:53`,
    expect.stringMatching(new RegExp(`^enabled at .* ask dotls at ${DOOR}:53$`)),
    "/etc/resolv.conf: in place",
    expect.stringMatching(/^\d+\.\d+\.\d+\.\d+ +STREAM www\.example\.com$/),
    "restored /etc/resolv.conf",
    ...resolvConf.trim().split("\n"),
  ];

  it.skipIf(process.getuid?.() !== 0)("makes the C library ask dotls, and undoes it", async () => {
    expect(await onHost(`mount --bind "${folder}/etc" /etc`, script)).toEqual(expected);
    expect(readFileSync(join(folder, "etc", "resolv.conf"), "utf8")).toBe(resolvConf);
  });

  it.skipIf(process.getuid?.() !== 0)(
    "can do so where resolv.conf is mounted, as in containers",
    async () => {
      const mounts = `mount --bind "${folder}/etc/nsswitch.conf" /etc/nsswitch.conf
      mount --bind "${folder}/etc/resolv.conf" /etc/resolv.conf`;
      expect(await onHost(mounts, script)).toEqual(expected);
    },
  );

  it.skipIf(process.getuid?.() === 0)("is for root alone", async () => {
    const refused = run(process.execPath, [main, "system", "enable"], { cwd: folder });
    await expect(refused).rejects.toMatchObject({ stderr: "dotls: only root may do this\n" });
  });
});
