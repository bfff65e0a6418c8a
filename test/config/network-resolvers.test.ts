import { describe, expect, it } from "vitest";
import { networkResolvers } from "../../src/config/network-resolvers.ts";

const FIRST = "/etc/resolv.conf";
const RESOLVED = "/run/systemd/resolve/resolv.conf";
const MANAGER = "/run/NetworkManager/no-stub-resolv.conf";

function found(files: Readonly<Record<string, string>>, own: readonly string[] = []): readonly string[] {
  return networkResolvers(
    (address) => own.includes(address),
    (file) => files[file] ?? null,
  );
}

describe("the plain resolvers of the network", () => {
  it("are those of resolv.conf", () => {
    const files = {
      [FIRST]: "nameserver 192.0.2.1\nnameserver fe80::1%eth0",
      [RESOLVED]: "nameserver 192.0.2.9",
    };
    expect(found(files)).toEqual(["192.0.2.1", "fe80::1%eth0"]);
  });

  it("are those of systemd-resolved or NetworkManager where resolv.conf names only this host", () => {
    const stub = "nameserver 127.0.0.53\nnameserver ::1\nnameserver 0.0.0.0\nnameserver ::ffff:127.0.0.1";
    expect(found({ [FIRST]: stub, [RESOLVED]: "nameserver 192.0.2.2" })).toEqual(["192.0.2.2"]);
    expect(found({ [FIRST]: stub, [RESOLVED]: stub, [MANAGER]: "nameserver 192.0.2.3" })).toEqual([
      "192.0.2.3",
    ]);
    expect(found({ [MANAGER]: "nameserver 192.0.2.3" })).toEqual(["192.0.2.3"]);
    expect(found({ "/run/NetworkManager/resolv.conf": "nameserver 192.0.2.4" })).toEqual(["192.0.2.4"]);
  });

  it("are never this host itself", () => {
    const files = { [FIRST]: "nameserver 192.0.2.7\nnameserver 2001:DB8:0::7\nnameserver ::ffff:192.0.2.7" };
    expect(found(files, ["192.0.2.7", "2001:db8::7"])).toEqual([]);
    expect(found({ ...files, [RESOLVED]: "nameserver 192.0.2.1" }, ["192.0.2.7", "2001:db8::7"])).toEqual([
      "192.0.2.1",
    ]);
  });

  it("may be none, and no file need be there", () => {
    expect(found({})).toEqual([]);
    // This host's own files, whatever they hold.
    for (const address of networkResolvers(() => false)) expect(address).not.toMatch(/^127\./);
  });
});
