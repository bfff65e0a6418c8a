import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { failuresOf } from "../support/forwarder.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { UdpClient } from "../support/udp-client.ts";
import { canShare, hostWorkersAs } from "./worker-host.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** A user of whom nothing else runs: the system counts threads by user, and not those of root. */
const stranger = 60_000 + (process.pid % 5000);
const isRoot = process.getuid?.() === 0;

/** Starts a server behind a line of shell, and stops it when it answers. Gives all that it said, and its exit code. */
async function tried(
  workers: number,
  before: string,
  user?: number,
): Promise<{ code: number | null; said: string }> {
  const settings = [`workers=${workers}`, "listen=0.0.0.0:0", "control.socket=none", "state=none"];
  const serve = [main, "serve", ...settings.flatMap((setting) => ["--set", setting])];
  const child = spawn("sh", ["-c", `${before} && exec "$0" "$@"`, process.execPath, ...serve], {
    ...(user !== undefined && { uid: user, gid: user }),
  });
  const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
  let said = "";
  const hear = (text: string): void => {
    said += text;
    if (said.includes("dotls ready")) child.kill("SIGTERM");
  };
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(late);
  return { code, said };
}

describe.skipIf(!canShare)("two workers on a machine that has too little", () => {
  it("start, or say in a line what there is too little of: files", { timeout: 120_000 }, async () => {
    let least = 16;
    while ((await tried(1, `ulimit -n ${least}`)).code !== 0) least++;
    const refused: string[] = [];
    for (let files = least; ; files++) {
      const { code, said } = await tried(2, `ulimit -n ${files}`);
      expect(said).not.toMatch(/fault|null|undefined|^ +at /m);
      if (code === 0) break;
      expect(code).toBe(1);
      expect(said).toMatch(/^dotls: (a worker|cannot listen on) .*(EMFILE|too many open files)/m);
      refused.push(said);
    }
    expect(refused.length).toBeGreaterThan(3);
  });

  it.skipIf(!isRoot)("start, or say in a line what there is too little of: threads", async () => {
    // In dash it is p, in other shells u.
    const { code, said } = await tried(4, "{ ulimit -p 8 2>/dev/null || ulimit -u 8; }", stranger);
    expect(said).toBe("dotls: a worker cannot be started: EAGAIN\n");
    expect(code).toBe(1);
  });

  it.skipIf(!isRoot)(
    "go on with one while there is no thread for the other, and have both as soon as there is",
    async () => {
      const upstream = await start();
      chmodSync(dirname(upstream.caFile()), 0o755);
      const host = await hostWorkersAs(stranger, upstream);
      const limit = "ulimit -H -p 2>/dev/null || ulimit -H -u";
      const { stdout: hard } = spawnSync("sh", ["-c", limit], { encoding: "utf8" });
      // By that user itself: the soft limit alone, which it may raise again.
      const allowThreads = (most: string): void => {
        const options = { uid: stranger, gid: stranger };
        execFileSync("prlimit", ["--pid", `${host.pid}`, `--nproc=${most}:`], options);
      };
      allowThreads("3");
      host.kill();
      await vi.waitFor(() => expect(host.log()).toContain("a worker cannot be replaced, it is tried again"), {
        timeout: 10_000,
      });
      expect(host.log()).toContain('"a worker cannot be started: EAGAIN"');
      const client = await UdpClient.open(host.url);
      const others = await Promise.all(Array.from({ length: 20 }, () => UdpClient.open(host.url)));
      const ask = async (prefix: string): Promise<string[]> =>
        failuresOf(await Promise.all([client, ...others].map((one, at) => one.ask(`${prefix}${at}.test`))));
      expect(await ask("a")).toEqual([]);
      allowThreads(hard.trim());
      await vi.waitFor(() => expect(host.replaced()).toBe(1), { timeout: 20_000 });
      expect(await ask("b")).toEqual([]);
      await Promise.all([client, ...others].map((one) => one.close()));
      expect((await host.stop()).code).toBe(0);
    },
    60_000,
  );
});
