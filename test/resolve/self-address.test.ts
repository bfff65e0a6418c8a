import { syncBuiltinESMExports } from "node:module";
import os, { type NetworkInterfaceInfo } from "node:os";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ListenOn } from "../../src/listen/listeners.ts";
import { isOwnAddress } from "../../src/resolve/self-address.ts";

function info(address: string): NetworkInterfaceInfo {
  const rest = { netmask: "", mac: "00:00:00:00:00:00", internal: false, cidr: null };
  if (!address.includes(":")) return { address, family: "IPv4", ...rest };
  return { address, family: "IPv6", scopeid: address.startsWith("fe80:") ? 2 : 0, ...rest };
}

const interfaces = {
  lo: [info("127.0.0.1"), info("::1")],
  eth0: [info("192.0.2.7"), info("2001:db8::7"), info("fe80::7")],
};

/** `udp 127.0.0.1 53` and so on. */
function on(text: string): ListenOn {
  const [transport, address, port] = text.split(" ");
  return { transport: transport as "udp" | "tcp", address: address!, port: Number(port) };
}

function own(target: string, ...listening: readonly string[]): boolean {
  return isOwnAddress(on(target), listening.map(on), () => interfaces);
}

describe("an address of our own", () => {
  it.each([
    ["udp 127.0.0.1 53", "udp 127.0.0.1 53"],
    ["udp ::1 53", "udp ::1 53"],
    ["tcp fe80::7%eth0 853", "tcp fe80::7%eth0 853"],
    ["udp ::ffff:127.0.0.1 53", "udp 127.0.0.1 53"],
    ["udp 0.0.0.0 53", "udp 127.0.0.1 53"],
    ["udp :: 53", "udp ::1 53"],
    ["udp 127.0.0.1 53", "udp 0.0.0.0 53"],
    ["udp 192.0.2.7 53", "udp 0.0.0.0 53"],
    ["udp 192.0.2.7 53", "udp :: 53"],
    ["udp 2001:db8::7 53", "udp :: 53"],
    ["tcp fe80::7%eth0 53", "tcp :: 53"],
    ["tcp 127.9.9.9 853", "tcp 0.0.0.0 853"],
    ["tcp 127.0.0.53 853", "tcp :: 853"],
  ])("is %s where we listen on %s", (target, listening) => {
    expect(own(target, listening)).toBe(true);
    expect(own(target, "udp 198.51.100.1 1", listening)).toBe(true);
  });

  it.each([
    ["udp 127.0.0.1 53", "udp 127.0.0.1 54"],
    ["udp 127.0.0.1 53", "tcp 127.0.0.1 53"],
    ["udp 127.0.0.2 53", "udp 127.0.0.1 53"],
    ["udp 192.0.2.8 53", "udp 0.0.0.0 53"],
    ["udp 2001:db8::7 53", "udp 0.0.0.0 53"],
    ["udp fe80::7%eth1 53", "udp :: 53"],
    // These may be somebody else's beside a wildcard of ours: resolved's, above all.
    ["udp 127.0.0.53 53", "udp 0.0.0.0 53"],
    ["udp 127.9.9.9 53", "udp 0.0.0.0 53"],
  ])("is not %s where we listen on %s", (target, listening) => {
    expect(own(target, listening)).toBe(false);
  });

  it("is of IPv6 alone under :: where IPv4 has a door of its own", () => {
    expect(own("udp 192.0.2.7 53", "udp :: 53", "udp 127.0.0.1 53")).toBe(false);
    expect(own("udp 192.0.2.7 53", "udp :: 53", "tcp 127.0.0.1 53")).toBe(true);
    expect(own("udp 2001:db8::7 53", "udp :: 53", "udp 127.0.0.1 53")).toBe(true);
  });

  it("is looked for at the interfaces of this host", () => {
    expect(isOwnAddress(on("udp 127.0.0.1 53"), [on("udp 0.0.0.0 53")])).toBe(true);
  });

  it("is loopback behind a wildcard, also while the system has no room to say what else is", () => {
    const look = vi.spyOn(os, "networkInterfaces").mockImplementation(() => {
      throw new Error("uv_interface_addresses returned EMFILE");
    });
    syncBuiltinESMExports();
    onTestFinished(() => {
      look.mockRestore();
      syncBuiltinESMExports();
    });
    expect(isOwnAddress(on("udp 127.0.0.1 53"), [on("udp 0.0.0.0 53")])).toBe(true);
    expect(isOwnAddress(on("tcp ::1 53"), [on("tcp :: 53")])).toBe(true);
    expect(isOwnAddress(on("udp 192.0.2.7 53"), [on("udp 0.0.0.0 53")])).toBe(false);
    expect(look).toHaveBeenCalled();
  });
});
