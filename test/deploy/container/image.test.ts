import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeWith, program } from "../../support/needs.ts";
import { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { type BuiltImage, buildImage } from "./image.ts";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const PATIENCE = 20_000;

/** A container: the image's own command as its user, the root file system read-only, as the first of its processes. */
interface Container {
  readonly child: ChildProcess;
  readonly said: () => string;
  /** `docker exec`: runs a command inside. Gives exit code and output. */
  exec(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** The id of its first process, as this machine knows it. */
  pid(): number;
}

describeWith(["buildah", "unshare", "setpriv", "nsenter", "chroot", "ip"], "the container image", () => {
  let image: BuiltImage;
  let running: Container | undefined;

  beforeAll(() => {
    if (isRoot) image = buildImage();
  }, 180_000);

  afterEach(async () => {
    if (running === undefined || running.child.exitCode !== null) return;
    const ended = once(running.child, "exit");
    // The first process of its namespace, with which all of it ends: --kill-child is forgotten when that changes its user.
    const inside = running.pid();
    if (inside > 0) process.kill(inside, "SIGKILL");
    running.child.kill("SIGKILL");
    await ended;
    running = undefined;
  });

  afterAll(() => {
    if (isRoot) image.remove();
  });

  const variables = (extra: Readonly<Record<string, string>>): Record<string, string> => ({
    ...Object.fromEntries(image.config.Env.map((line) => line.split(/=(.*)/s).slice(0, 2))),
    ...extra,
  });

  /**
   * Starts a container. `network: none` has a loopback of its own; `host` is how it is reached from here. Without
   * `runtime`, nothing at all can be written inside.
   */
  function start(options: {
    env?: Record<string, string>;
    network: "none" | "host";
    runtime: boolean;
  }): Container {
    const { rootfs, config } = image;
    for (const folder of ["proc", "run/dotls"]) mkdirSync(join(rootfs, folder), { recursive: true });
    const script = `set -e
      mount --make-rprivate /
      mount --bind "${rootfs}" "${rootfs}"
      mount -t proc proc "${rootfs}/proc"
      ${options.runtime ? `mount -t tmpfs -o mode=1777 none "${rootfs}/run/dotls"` : ""}
      mount -o remount,bind,ro "${rootfs}"
      ${options.network === "none" ? "ip link set lo up" : ""}
      exec setpriv --no-new-privs chroot --userspec=${config.User} --groups= "${rootfs}" "$@"`;
    const namespaces = [
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      ...(options.network === "none" ? ["--net"] : []),
    ];
    const command = [...config.Entrypoint, ...config.Cmd];
    const env = variables(options.env ?? {});
    const child = spawn("unshare", [...namespaces, "sh", "-c", script, "sh", ...command], {
      // The shell needs a PATH with mount in it; what dotls gets is the image's.
      env: { ...env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    }
    const pid = (): number =>
      Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ")[0]);
    const [uid, gid] = config.User.split(":");
    return {
      child,
      said: () => said,
      pid,
      exec: async (...words) => {
        const enter = ["--target", String(pid()), "--mount", "--net", "--pid", "--root", "--wd"];
        const args = [...enter, "--setuid", uid!, "--setgid", gid!, ...words];
        try {
          return { code: 0, ...(await run(program("nsenter")!, args, { env })) };
        } catch (error) {
          const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
          return { code, stdout, stderr };
        }
      },
    };
  }

  async function ready(container: Container): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (!container.said().includes("dotls ready")) {
      if (container.child.exitCode !== null || performance.now() > end) throw new Error(container.said());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it.skipIf(!isRoot)("has node, its libraries, the authorities and dotls, and no shell", () => {
    // Node.js itself grows from version to version; what we put beside it stays small.
    const node = statSync(join(image.rootfs, "usr/local/bin/node")).size;
    expect(image.size - node).toBeLessThan(40 * 2 ** 20);
    for (const path of [
      "usr/local/bin/node",
      "etc/ssl/certs/ca-certificates.crt",
      "opt/dotls/dist/cli/main.js",
    ]) {
      expect(existsSync(join(image.rootfs, path))).toBe(true);
    }
    for (const path of [
      "bin/sh",
      "usr/bin/env",
      "opt/dotls/node_modules/vitest",
      "opt/dotls/node_modules/typescript",
    ]) {
      expect(existsSync(join(image.rootfs, path))).toBe(false);
    }
    expect(image.config).toMatchObject({
      User: "65532:65532",
      Entrypoint: ["/usr/local/bin/dotls"],
      Cmd: ["serve"],
      StopSignal: "SIGTERM",
      Healthcheck: { Test: ["CMD", "/usr/local/bin/dotls", "healthcheck"] },
    });
    expect(Object.keys(image.config.ExposedPorts).sort()).toEqual([
      "53/tcp",
      "53/udp",
      "5300/tcp",
      "5300/udp",
    ]);
  });

  it.skipIf(!isRoot)(
    "serves at 5300 without a network and a place to write, is healthy, and stops",
    async () => {
      const container = start({ network: "none", runtime: false });
      running = container;
      await ready(container);
      expect(container.said()).toContain(
        "listening on udp://0.0.0.0:5300\nlistening on tcp://0.0.0.0:5300\n",
      );
      const [, ...healthcheck] = image.config.Healthcheck.Test;
      expect(await container.exec(...healthcheck)).toMatchObject({ code: 0, stderr: "" });
      // The process that was started is that of dotls, and the first one: an engine's signal reaches nobody else.
      const status = readFileSync(`/proc/${container.pid()}/status`, "utf8");
      expect(status).toMatch(/^NSpid:\t\d+\t1$/m);
      expect(status).toMatch(/^Uid:\t65532\t/m);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      const ended = once(container.child, "exit");
      process.kill(container.pid(), "SIGTERM");
      expect((await ended)[0]).toBe(0);
    },
  );

  it.skipIf(!isRoot)(
    "resolves over TLS, and `docker exec dotls dotls query` and `history` show it",
    async () => {
      const upstream = await ScriptedUpstream.start();
      const ca = join(image.rootfs, "etc/dotls/ca.pem");
      writeFileSync(ca, upstream.ca);
      const container = start({
        network: "host",
        runtime: true,
        env: {
          DOTLS_LISTEN: "127.0.0.1:0",
          DOTLS_UPSTREAMS: `tls://${upstream.address}:${upstream.port}#${upstream.name}`,
          DOTLS_TLS_CA: "/etc/dotls/ca.pem",
        },
      });
      running = container;
      await ready(container);
      const port = /udp:\/\/127\.0\.0\.1:(\d+)/.exec(container.said())![1]!;
      const query = await container.exec(
        "/usr/local/bin/dotls",
        "query",
        "@127.0.0.1",
        "-p",
        port,
        "www.example.com",
      );
      expect(query.stdout).toMatch(/status: NOERROR[^]*ANSWER SECTION:\nwww\.example\.com\./);
      const history = await container.exec("/usr/local/bin/dotls", "history");
      expect(history).toMatchObject({ code: 0, stderr: "" });
      expect(history.stdout).toMatch(/www\.example\.com\. +A +NOERROR/);
      expect((await container.exec("/usr/local/bin/dotls", "healthcheck")).code).toBe(0);
      await upstream.close();
    },
  );

  it.skipIf(!isRoot)("is unhealthy once the server is gone", async () => {
    const container = start({ network: "none", runtime: true, env: { DOTLS_LISTEN: "127.0.0.1:5300" } });
    running = container;
    await ready(container);
    process.kill(container.pid(), "SIGSTOP");
    expect((await container.exec("/usr/local/bin/dotls", "healthcheck")).code).toBe(1);
  });
});
