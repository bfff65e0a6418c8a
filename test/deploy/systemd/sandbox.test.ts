import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCommand } from "../../cli/run-command.ts";
import { describeWith } from "../../support/needs.ts";
import { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { root } from "../repository.ts";
import { seccompProgram, UNDER_FILTER } from "./seccomp.ts";
import { settingsOf } from "./unit.ts";

const service = settingsOf("deploy/systemd/dotls.service");

/** Of loopback, at a port that asks for the capability. */
const DOOR = "127.0.53.78:53";

const PATIENCE = 15_000;

// What the service's settings come to, put on by hand: the system call filter, the families of sockets, no user's rights but
// the one capability, a read-only file system but for its own folder, and a /proc without the rest of the system.
describeWith(
  ["systemd-analyze", "scmp_sys_resolver", "python3", "unshare", "setpriv"],
  "dotls in the sandbox of its service",
  () => {
    let folder: string;
    let upstream: ScriptedUpstream;
    let server: ChildProcess | undefined;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "dotls-sandbox-"));
      upstream = await ScriptedUpstream.start();
      chmodSync(folder, 0o755);
      mkdirSync(join(folder, "state"));
      chmodSync(join(folder, "state"), 0o777);
      writeFileSync(join(folder, "ca.pem"), upstream.ca);
      const options = [
        `listen: ["${DOOR}"]`,
        `upstreams: ["tls://${upstream.address}:${upstream.port}#${upstream.name}"]`,
        `tls: { ca: ${folder}/ca.pem }`,
        `control: { socket: ${folder}/state/control.sock }`,
        `state: ${folder}/state`,
        `history: { file: ${folder}/state/history.ndjson }`,
      ];
      writeFileSync(join(folder, "dotls.yaml"), options.join("\n"));
      const program = seccompProgram(
        service.get("SystemCallFilter")!,
        service.get("RestrictAddressFamilies")!.flatMap((line) => line.split(" ")),
      );
      writeFileSync(join(folder, "filter.bpf"), program);
      writeFileSync(join(folder, "under-filter.py"), UNDER_FILTER);
    });

    afterEach(async () => {
      server?.kill("SIGKILL");
      await upstream.close();
      rmSync(folder, { recursive: true });
    });

    /** Starts a command of node's in the sandbox, as the first process of its own. */
    function start(...words: string[]): { child: ChildProcess; said: () => string } {
      const capability = "-all,+net_bind_service";
      const rights = ["--inh-caps", "--ambient-caps", "--bounding-set"].map(
        (list) => `${list}=${capability}`,
      );
      const user = ["--reuid=65534", "--regid=65534", "--clear-groups"];
      const filter = ["/usr/bin/python3", join(folder, "under-filter.py"), join(folder, "filter.bpf")];
      const command = ["setpriv", ...user, ...rights, ...filter, process.execPath, ...words];
      const script = `set -e
        mount --bind "${folder}/state" "${folder}/state"
        mount -o remount,bind,ro /
        mount -t proc -o subset=pid,hidepid=invisible proc /proc
        umask 077
        exec "$@"`;
      const child = spawn(
        "unshare",
        ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", ...command],
        {
          cwd: folder,
          env: { PATH: process.env["PATH"] ?? "" },
        },
      );
      let said = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => (said += text));
      }
      return { child, said: () => said };
    }

    it.skipIf(process.getuid?.() !== 0)("serves at port 53, writes its history, and stops", async () => {
      const main = join(root, "dist/cli/main.js");
      const { child, said } = start(main, "serve", "--config", join(folder, "dotls.yaml"));
      server = child;
      const end = performance.now() + PATIENCE;
      while (!said().includes("dotls ready") && performance.now() < end && child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(said()).toContain(`listening on udp://${DOOR}`);

      const [address] = DOOR.split(":");
      const answer = await runCommand("query", [`@${address}`, "www.example.com", "+short"], { cwd: folder });
      expect(answer.stdout).toMatch(/^\d+\.\d+\.\d+\.\d+\n$/);
      const health = await runCommand("healthcheck", ["--config", join(folder, "dotls.yaml")], {
        cwd: folder,
      });
      expect(health).toMatchObject({ code: 0, stderr: "" });

      // The process that stands between gives its signals to nobody: dotls' own id is that of its child.
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
      const ended = once(child, "exit");
      process.kill(Number(children.trim()), "SIGTERM");
      expect((await ended)[0]).toBe(0);
      expect(readFileSync(join(folder, "state/history.ndjson"), "utf8")).toContain("www.example.com.");
      expect(said()).not.toMatch(/fault in dotls|"level":"?(?:error|50)/);
    });

    it.skipIf(process.getuid?.() !== 0)("can do nothing beyond", async () => {
      const attempts = `
        const { writeFileSync } = require("node:fs");
        const attempt = (what) => { try { what(); return "done"; } catch (error) { return error.code; } };
        console.log(JSON.stringify([
          attempt(() => writeFileSync(${JSON.stringify(join(folder, "elsewhere"))}, "")),
          attempt(() => writeFileSync(${JSON.stringify(join(folder, "state/here"))}, "")),
          attempt(() => process.setuid(0)),
          attempt(() => require("node:os").setPriority(-10)),
          attempt(() => process.chroot?.("/") ?? require("node:fs").chownSync("/", 1, 1)),
        ]));`;
      const { child, said } = start("-e", attempts);
      server = child;
      await once(child, "close");
      expect(JSON.parse(said())).toEqual([
        "EROFS",
        "done",
        "EPERM",
        expect.stringMatching(/./),
        expect.stringMatching(/^E/),
      ]);
      expect(JSON.parse(said())[3]).not.toBe("done");
    });
  },
);
