import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { isWildcard, localAddresses } from "../../src/listen/local-addresses.ts";

function entry(address: string): NetworkInterfaceInfo {
  const common = { address, netmask: "", mac: "", internal: false, cidr: null };
  return address.includes(":") ? { ...common, family: "IPv6", scopeid: 2 } : { ...common, family: "IPv4" };
}

const machine = {
  lo: [entry("127.0.0.1"), entry("::1")],
  eth0: [entry("192.0.2.7"), entry("2001:db8::7"), entry("fe80::7")],
  eth1: [entry("fe80::7")],
};

describe("the addresses of this machine", () => {
  it("are those of its interfaces, link-local ones with their scope", () => {
    const { addresses, optional } = localAddresses("both", machine);
    expect(addresses.filter((one) => !optional.has(one))).toEqual([
      "127.0.0.1",
      "::1",
      "192.0.2.7",
      "2001:db8::7",
      "fe80::7%eth0",
      "fe80::7%eth1",
    ]);
  });

  it("are those of one family when that is asked for", () => {
    const four = localAddresses("IPv4", machine);
    expect(four.addresses.filter((one) => one.includes(":"))).toEqual([]);
    const six = localAddresses("IPv6", machine);
    expect(six.addresses).toEqual(["::1", "2001:db8::7", "fe80::7%eth0", "fe80::7%eth1"]);
    expect(six.optional.size).toBe(0);
  });

  it("include the ones of 127.0.0.0/8 that are in use, which no interface lists, as optional", () => {
    const { addresses, optional } = localAddresses("IPv4", machine);
    for (const one of ["127.0.0.2", "127.0.0.5", "127.0.0.53", "127.0.0.54", "127.0.1.1"]) {
      expect(optional.has(one)).toBe(true);
      expect(addresses).toContain(one);
    }
    expect(optional.has("127.0.0.1")).toBe(false);
  });

  it("are not optional when an interface lists them", () => {
    const { addresses, optional } = localAddresses("IPv4", { lo: [entry("127.0.0.1"), entry("127.0.0.5")] });
    expect(optional.has("127.0.0.5")).toBe(false);
    expect(addresses.filter((one) => one === "127.0.0.5")).toHaveLength(1);
  });

  it("are none when there is no interface", () => {
    expect(localAddresses("both", {}).addresses).toEqual([]);
    expect(localAddresses("both", { eth0: [entry("192.0.2.7")] }).optional.size).toBe(0);
  });

  it("are those of the machine we are on", () => {
    expect(localAddresses("IPv4").addresses).toContain("127.0.0.1");
  });
});

it("0.0.0.0 and :: are every address, others are not", () => {
  expect(["0.0.0.0", "::", "127.0.0.1", "::1"].map(isWildcard)).toEqual([true, true, false, false]);
});
