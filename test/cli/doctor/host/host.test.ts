import { describe, expect, it } from "vitest";
import type { Finding } from "../../../../src/cli/doctor/finding.ts";
import { examineHost } from "../../../../src/cli/doctor/host/host.ts";
import { parseListen } from "../../../../src/config/listen-address.ts";
import { hostWith } from "../surroundings.ts";

const NOW = Date.UTC(2026, 5, 1);
const local = ["127.0.0.1", "::1", "192.0.2.10"];
const glibc = {
  "etc/nsswitch.conf": "passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return] dns # here\n",
};
const nssResolve = { "etc/nsswitch.conf": "hosts: mymachines resolve [!UNAVAIL=return] files dns\n" };

interface Facts {
  readonly listen?: readonly string[];
  readonly now?: number;
  readonly installedAt?: number | null;
  readonly lives?: readonly { notBefore: Date; notAfter: Date }[];
}

function examine(files: Readonly<Record<string, string>>, facts: Facts = {}): Map<string, Finding> {
  const { listen = ["127.0.0.1:53"], now = NOW, installedAt = null, lives = [] } = facts;
  const findings = examineHost({
    files: hostWith(files),
    listen: listen.flatMap(parseListen),
    local,
    now,
    installedAt,
    lives,
  });
  return new Map(findings.map((one) => [one.check, one]));
}

function reach(files: Readonly<Record<string, string>>, facts: Facts = {}): Finding {
  return examine({ ...glibc, ...files }, facts).get("reach")!;
}

function resolvConf(...lines: string[]): Record<string, string> {
  return { "etc/resolv.conf": lines.map((line) => `${line}\n`).join("") };
}

describe("whether programs here reach dotls", () => {
  it.each([
    [["127.0.0.1:53"], ["nameserver 127.0.0.1"]],
    [["[::1]:53"], ["nameserver 0:0:0:0:0:0:0:1"]],
    [["0.0.0.0:53"], ["nameserver 192.0.2.10", "nameserver 127.0.0.2"]],
    [["[::]:53"], ["nameserver ::1", "nameserver 127.0.0.1"]],
    [["127.0.0.1:53"], ["# no server: the C library asks this host"]],
  ])("yes: listening on %j, %j", (listen, lines) => {
    expect(reach(resolvConf(...lines), { listen })).toMatchObject({ mark: "ok", advice: null });
  });

  it.each([
    [["127.0.0.1:5300"], ["nameserver 127.0.0.1"]],
    [["0.0.0.0:53"], ["nameserver 192.0.2.53"]],
    [["0.0.0.0:53"], ["nameserver ::1"]],
    [["127.0.0.1:53"], ["nameserver 127.0.0.53"]],
  ])("no: listening on %j, %j", (listen, lines) => {
    const found = reach(resolvConf(...lines), { listen });
    expect(found.mark).toBe("warn");
    expect(found.text).toContain("not dotls");
  });

  it("says that a name server has no port, when dotls listens on another", () => {
    expect(reach(resolvConf("nameserver 127.0.0.1"), { listen: ["127.0.0.1:5300"] }).advice).toContain(
      "port 53 only",
    );
  });

  it("warns of others beside dotls, and more of others before it", () => {
    const after = reach(resolvConf("nameserver 127.0.0.1", "nameserver 192.0.2.53"));
    expect(after).toMatchObject({ mark: "warn", advice: "Leave only 127.0.0.1 in /etc/resolv.conf." });
    expect(after.text).toContain("go to 192.0.2.53 in the clear when it is slow");
    const before = reach(resolvConf("nameserver 192.0.2.53", "nameserver 127.0.0.1"));
    expect(before.text).toContain("192.0.2.53 in the clear before dotls");
  });

  it("leaves a fourth server aside, as the C library does", () => {
    const found = reach(
      resolvConf(
        "nameserver 192.0.2.1",
        "nameserver 192.0.2.2",
        "nameserver 192.0.2.3",
        "nameserver 127.0.0.1",
      ),
    );
    expect(found.text).toContain("not dotls");
  });

  it("warns when names are never looked up by DNS", () => {
    const found = examine({ "etc/nsswitch.conf": "hosts: files\n", ...resolvConf("nameserver 127.0.0.1") });
    expect(found.get("nsswitch")).toMatchObject({ mark: "warn", facts: { hosts: ["files"] } });
  });

  it("tells where a linked resolv.conf comes from", () => {
    const found = examine({
      ...glibc,
      "etc/resolv.conf": "-> ../run/systemd/resolve/stub-resolv.conf",
      "run/systemd/resolve/stub-resolv.conf": "nameserver 127.0.0.53\n",
    });
    expect(found.get("resolv.conf")!.text).toBe(
      "/etc/resolv.conf (a link to ../run/systemd/resolve/stub-resolv.conf) names 127.0.0.53",
    );
  });
});

describe("systemd-resolved", () => {
  const running = {
    "run/systemd/resolve/resolv.conf": "nameserver 192.0.2.53\n",
    ...resolvConf("nameserver 127.0.0.53"),
  };
  const dropIn = "etc/systemd/resolved.conf.d/dotls.conf";

  it.each([
    ["through its stub", glibc],
    [
      "through its own module, whatever resolv.conf says",
      { ...nssResolve, ...resolvConf("nameserver 127.0.0.1") },
    ],
  ])("does not ask dotls: %s", (_how, files) => {
    const found = examine({ ...running, ...files });
    expect(found.get("resolved")!.text).toBe("systemd-resolved runs and asks 192.0.2.53, not dotls");
    expect(found.get("reach")).toMatchObject({ mark: "warn", facts: { via: "resolved" } });
    expect(found.get("reach")!.advice).toContain("DNS=127.0.0.1:53");
  });

  it.each(["127.0.0.1:5300", "127.0.0.1:5300#dotls", "127.0.0.1:5300%lo"])("asks dotls: DNS=%s", (server) => {
    const found = examine(
      { ...running, ...glibc, [dropIn]: `[Resolve]\nDNS=${server}\nDomains=~.\n` },
      { listen: ["127.0.0.1:5300"] },
    );
    expect(found.get("resolved")).toMatchObject({ mark: "ok" });
    expect(found.get("reach")).toMatchObject({ mark: "ok" });
  });

  it("asks others too without Domains=~.", () => {
    const found = examine({ ...running, ...glibc, [dropIn]: "[Resolve]\nDNS=127.0.0.1\n" });
    expect(found.get("resolved")).toMatchObject({ mark: "warn" });
  });

  it("cannot ask dotls over TLS", () => {
    const text = "[Resolve]\nDNS=127.0.0.1\nDomains=~.\nDNSOverTLS=yes\n";
    expect(examine({ ...running, ...glibc, [dropIn]: text }).get("resolved")).toMatchObject({ mark: "fail" });
  });

  it("is told by drop-ins in their order, of which one in /etc hides one of that name elsewhere", () => {
    const found = examine({
      ...running,
      ...glibc,
      "etc/systemd/resolved.conf": "[Resolve]\n#DNS=192.0.2.99\nDNS=192.0.2.1\n",
      "usr/lib/systemd/resolved.conf.d/50-a.conf": "[Resolve]\nDNS=192.0.2.2\n",
      "etc/systemd/resolved.conf.d/50-a.conf": "[Resolve]\nDNS=\nDNS=127.0.0.1\n",
      "run/systemd/resolved.conf.d/60-b.conf": "[Resolve]\nDomains=~.\n",
    });
    expect(found.get("resolved")!.facts).toMatchObject({
      servers: [{ address: "127.0.0.1", port: 53 }],
      domains: ["~."],
    });
  });

  it("that does not run is no matter", () => {
    const files = { ...nssResolve, ...resolvConf("nameserver 127.0.0.1") };
    expect(examine(files).get("reach")).toMatchObject({ mark: "ok", facts: { via: "resolv.conf" } });
  });
});

describe("who holds port 53", () => {
  const head =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  const row = (local: string, state: string, inode: number): string =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0 0\n`;
  const process = (pid: number, name: string, command: string, inode: number): Record<string, string> => ({
    [`proc/${pid}/comm`]: `${name}\n`,
    [`proc/${pid}/cmdline`]: command.replaceAll(" ", "\0"),
    [`proc/${pid}/fd/0`]: "-> /dev/null",
    [`proc/${pid}/fd/7`]: `-> socket:[${inode}]`,
  });

  it("nobody: dotls does not run", () => {
    const free = { "proc/net/udp": head, "proc/net/tcp": head };
    expect(examine(free).get("port-53")).toMatchObject({ mark: "warn", advice: "Start dotls serve." });
    expect(examine(free, { listen: ["127.0.0.1:5300"] }).get("port-53")).toMatchObject({ mark: "info" });
  });

  it.each([
    "/usr/bin/node /usr/local/bin/dotls serve",
    "node /app/dist/cli/main.js serve --listen 127.0.0.1:53",
  ])("dotls: %s", (command) => {
    const files = {
      "proc/net/udp": head + row("0100007F:0035", "07", 11),
      ...process(42, "node", command, 11),
    };
    expect(examine(files).get("port-53")).toMatchObject({
      mark: "ok",
      details: ["udp 127.0.0.1:53  node (process 42)"],
      facts: { holders: [{ transport: "udp", address: "127.0.0.1", pid: 42, process: "node", dotls: true }] },
    });
  });

  it.each([
    ["dnsmasq", "0100007F:0035", ["127.0.0.1:53"], "fail"],
    ["dnsmasq", "00000000:0035", ["127.0.0.1:53"], "fail"],
    ["dnsmasq", "0100007F:0035", ["0.0.0.0:53"], "fail"],
    ["dnsmasq", "017AA8C0:0035", ["127.0.0.1:53"], "info"],
    ["dnsmasq", "0100007F:0035", ["[::1]:53"], "info"],
    ["systemd-resolve", "3500007F:0035", ["0.0.0.0:53"], "info"],
    ["systemd-resolve", "3500007F:0035", ["127.0.0.53:53"], "fail"],
  ])("%s on %s, dotls on %j: %s", (name, address, listen, mark) => {
    const files = {
      "proc/net/udp": head + row(address, "07", 12),
      ...process(43, name, `/usr/sbin/${name}`, 12),
    };
    expect(examine(files, { listen }).get("port-53")!.mark).toBe(mark);
  });

  it("over TCP and IPv6, listening alone counts", () => {
    const files = {
      "proc/net/tcp6":
        head +
        row("00000000000000000000000001000000:0035", "0A", 13) +
        row("00000000000000000000000001000000:0035", "01", 14) +
        row("00000000000000000000000001000000:1F90", "0A", 15),
      ...process(44, "named", "named -f", 13),
    };
    const found = examine(files, { listen: ["[::1]:53"] }).get("port-53")!;
    expect(found).toMatchObject({ mark: "fail", details: ["tcp [::1]:53  named (process 44)"] });
    expect(found.advice).toContain("Stop named");
  });

  it("a process that may not be seen is said to be that", () => {
    const files = { "proc/net/udp": head + row("0100007F:0035", "07", 16), "proc/45/comm": "secret\n" };
    const found = examine(files).get("port-53")!;
    expect(found).toMatchObject({
      mark: "info",
      details: ["udp 127.0.0.1:53  a process that is not to be seen"],
    });
    expect(found.advice).toContain("as root");
  });

  it("cannot be seen without /proc", () => {
    expect(examine({}).get("port-53")).toMatchObject({ mark: "info", facts: { holders: null } });
  });
});

describe("the clock", () => {
  const day = 86_400_000;
  const life = (from: number, to: number) => ({
    notBefore: new Date(NOW + from * day),
    notAfter: new Date(NOW + to * day),
  });

  it.each([
    ["right", { installedAt: NOW - 40 * day, lives: [life(-10, 80)] }, "ok"],
    ["some hours before the files, as time zones make it", { installedAt: NOW + day / 2 }, "ok"],
    ["before the files of dotls", { installedAt: NOW + 2 * day }, "fail"],
    ["outside all certificates", { lives: [life(5, 80), life(1, 90)] }, "fail"],
    ["outside the only certificate, which may be at fault", { lives: [life(-80, -1)] }, "warn"],
    ["outside one of two", { lives: [life(-80, -1), life(-10, 80)] }, "ok"],
    ["not to be held against anything", {}, "ok"],
  ])("%s", (_what, facts, mark) => {
    expect(examine({}, facts).get("clock")!.mark).toBe(mark);
  });
});
