import { describe, expect, it, onTestFinished, vi } from "vitest";
import { findServers, parseServer } from "../../../src/cli/query/server.ts";

describe("a server behind @", () => {
  it.each([
    ["192.0.2.1", { host: "192.0.2.1", port: null, tlsName: null }],
    ["192.0.2.1:5353", { host: "192.0.2.1", port: 5353, tlsName: null }],
    ["192.0.2.1#5353", { host: "192.0.2.1", port: 5353, tlsName: null }],
    ["192.0.2.1#dns.test", { host: "192.0.2.1", port: null, tlsName: "dns.test" }],
    ["2001:db8::1", { host: "2001:db8::1", port: null, tlsName: null }],
    ["2001:db8::1#53", { host: "2001:db8::1", port: 53, tlsName: null }],
    ["[2001:db8::1]", { host: "2001:db8::1", port: null, tlsName: null }],
    ["[2001:db8::1]:53", { host: "2001:db8::1", port: 53, tlsName: null }],
    ["[fe80::1%eth0]:53", { host: "fe80::1%eth0", port: 53, tlsName: null }],
    ["dns.test", { host: "dns.test", port: null, tlsName: null }],
    ["dns.test:853", { host: "dns.test", port: 853, tlsName: null }],
  ])("%s is understood", (text, server) => {
    expect(parseServer(text)).toEqual(server);
  });

  it.each(["[192.0.2.1]", "192.0.2.1:0", "192.0.2.1:65536", "tls://192.0.2.1", "a b", "host:port"])(
    "%s is refused",
    (text) => {
      expect(() => parseServer(text)).toThrow(text);
    },
  );

  it("that is a name has all its addresses, of one family when asked for", async () => {
    const servers = await findServers(["localhost:5300"], false, 4);
    expect(servers).toContainEqual({
      address: "127.0.0.1",
      port: 5300,
      label: "localhost",
      tlsName: "localhost",
    });
    expect(servers.every(({ address }) => address.includes("."))).toBe(true);
  });

  it("without an address of the family is an error that says so", async () => {
    await expect(findServers(["::1"], false, 4)).rejects.toMatchObject({ code: "ERR_DOTLS_QUERY_SERVER" });
  });

  it("that is not named is the one in DOTLS_QUERY_SERVER", async () => {
    vi.stubEnv("DOTLS_QUERY_SERVER", "[2001:db8::1]:5300");
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const server = { address: "2001:db8::1", port: 5300, label: "2001:db8::1", tlsName: null };
    expect(await findServers([], false, 0)).toEqual([server]);
    expect(await findServers([], true, 0)).toEqual([server]);
    expect(await findServers(["192.0.2.1"], false, 0)).toMatchObject([{ address: "192.0.2.1" }]);
  });

  it("that is not named is the daemon's default over TLS", async () => {
    expect(await findServers([], true, 0)).toEqual([
      { address: "1.1.1.1", port: null, label: "1.1.1.1", tlsName: "cloudflare-dns.com" },
    ]);
  });
});
