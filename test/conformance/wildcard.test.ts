import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { program } from "../support/needs.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

const missing = ["ip", "unshare", "nsenter", "dig"].filter((name) => program(name) === undefined);
/** Why these tests cannot run here, or nothing. */
const reason =
  missing.length > 0
    ? ` (skipped: ${missing.join(", ")} not installed)`
    : spawnSync("unshare", ["-n", "ip", "link", "add", "type", "veth"], { stdio: "ignore" }).status === 0
      ? ""
      : " (skipped: no network namespace with interfaces can be made)";

/**
 * `dotls serve` on every address of a network namespace of its own, port 5300, after `prepare` was run in that. Its loopback
 * interface is down unless that raises it.
 */
async function namespace(prepare: string): Promise<{ run: (command: string) => string; log: () => string }> {
  const folder = mkdtempSync(join(tmpdir(), "dotls-namespace-"));
  const socket = join(folder, "control.sock");
  const serve = `exec "${process.execPath}" "${main}" serve --listen udp://[::]:5300 --upstream tls://127.0.0.1#dot.test --set control.socket=${socket}`;
  const child = spawn("unshare", ["-n", "sh", "-c", `${prepare}\n${serve}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  onTestFinished(async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill()) await gone;
    rmSync(folder, { recursive: true });
  });
  await eventually(() => log.includes("dotls ready") || child.exitCode !== null);
  expect(log).toContain("dotls ready");
  return {
    run: (command) =>
      execFileSync("nsenter", ["-t", String(child.pid), "-n", "sh", "-c", command], { encoding: "utf8" }),
    log: () => log,
  };
}

/** What dig says of the reply to a query without RD; it takes none from another address than it asked. */
function ask(run: (command: string) => string, address: string): string {
  const text = run(`dig -p 5300 @${address} +norecurse +tries=1 +time=1 example.test 2>&1 || true`);
  return /status: (\w+)/.exec(text)?.[1] ?? text;
}

/** Asks until there is a reply, for as long as the addresses may take to be noticed, or until there is none. */
async function eventually(holds: () => boolean): Promise<boolean> {
  for (let left = 50; left > 0; left--) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}

describe.skipIf(reason !== "")(
  `T16: a wildcard listener and a machine that changes (3.1 item 7)${reason}`,
  () => {
    it(
      "answers on addresses that come, from the address asked, and survives those that go",
      { timeout: 60_000 },
      async () => {
        const { run, log } = await namespace("true");
        const answered =
          (address: string): (() => boolean) =>
          () =>
            ask(run, address) === "REFUSED";
        run("ip link set lo up");
        expect(await eventually(answered("127.0.0.1"))).toBe(true);
        // These are listed at no interface, and were not there either when the server started.
        expect(await eventually(answered("127.0.0.5"))).toBe(true);
        expect(await eventually(answered("::1"))).toBe(true);
        run(
          "ip link add eth7 type veth peer name eth8 && ip link set eth7 up && ip link set eth8 up && ip addr add 192.0.2.77/24 dev eth7",
        );
        run("ip addr add 192.0.2.78/24 dev eth7 && ip addr add 2001:db8::77/64 dev eth7 nodad");
        for (const address of ["192.0.2.77", "192.0.2.78", "2001:db8::77"]) {
          expect(await eventually(answered(address))).toBe(true);
        }
        run("ip addr del 192.0.2.78/24 dev eth7");
        expect(await eventually(() => log().includes("local address removed"))).toBe(true);
        run("ip link set lo down");
        await new Promise((resolve) => setTimeout(resolve, 2500));
        run("ip link set lo up");
        expect(await eventually(answered("127.0.0.1"))).toBe(true);
        expect(await eventually(answered("127.0.0.5"))).toBe(true);
        expect(answered("192.0.2.77")()).toBe(true);
      },
    );

    it(
      "starts while the kernel still checks that nobody else has an IPv6 address",
      { timeout: 60_000 },
      async () => {
        // dotls starts right after the address was added; the check takes a second or more.
        const { run } = await namespace(`
      ip link set lo up
      ip link add eth7 type veth peer name eth8
      ip link set eth7 up
      ip link set eth8 up
      echo 3 > /proc/sys/net/ipv6/conf/eth7/dad_transmits
      ip addr add 2001:db8::99/64 dev eth7`);
        expect(await eventually(() => ask(run, "2001:db8::99") === "REFUSED")).toBe(true);
      },
    );
  },
);
