import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalAddress, isLinkLocal, isMulticast, isWildcard } from "../../src/config/ip-address.ts";
import { formatUpstream, parseUpstream } from "../../src/config/upstream-spec.ts";
import { ConfigValueError } from "../../src/config/value-error.ts";

describe("the grammar of an upstream", () => {
  test.each([
    ["tls://1.1.1.1", "1.1.1.1", 853, null],
    ["1.1.1.1", "1.1.1.1", 853, null],
    ["tls://1.1.1.1#cloudflare-dns.com", "1.1.1.1", 853, "cloudflare-dns.com"],
    ["TLS://1.1.1.1:8853#Cloudflare-DNS.com.", "1.1.1.1", 8853, "cloudflare-dns.com"],
    [
      "tls://[2606:4700:4700::1111]:853#cloudflare-dns.com",
      "2606:4700:4700::1111",
      853,
      "cloudflare-dns.com",
    ],
    ["tls://[2606:4700:4700::1111]#cloudflare-dns.com", "2606:4700:4700::1111", 853, "cloudflare-dns.com"],
    ["tls://[2620:FE::fe]", "2620:fe::fe", 853, null],
    // unbound
    ["9.9.9.9@853#dns.quad9.net", "9.9.9.9", 853, "dns.quad9.net"],
    ["2620:fe::fe@8853#dns.quad9.net", "2620:fe::fe", 8853, "dns.quad9.net"],
    // systemd-resolved
    ["9.9.9.9#dns.quad9.net", "9.9.9.9", 853, "dns.quad9.net"],
    ["2620:fe::9#dns.quad9.net", "2620:fe::9", 853, "dns.quad9.net"],
    ["9.9.9.9:8853#dns.quad9.net", "9.9.9.9", 8853, "dns.quad9.net"],
    ["45.90.28.0#abc123.dns.nextdns.io", "45.90.28.0", 853, "abc123.dns.nextdns.io"],
    // CoreDNS
    ["tls://9.9.9.9%dns.quad9.net", "9.9.9.9", 853, "dns.quad9.net"],
    ["tls://9.9.9.9%dns.quad9.net:8853", "9.9.9.9", 8853, "dns.quad9.net"],
    ["tls://[2620:fe::fe]%dns.quad9.net:8853", "2620:fe::fe", 8853, "dns.quad9.net"],
    // An interface, since the address is link-local
    ["tls://[fe80::1%eth0]:853#router.home.arpa", "fe80::1%eth0", 853, "router.home.arpa"],
    ["fe80::1%eth0@8853#router.home.arpa", "fe80::1%eth0", 8853, "router.home.arpa"],
    ["tls://fe80::1%eth0", "fe80::1%eth0", 853, null],
    ["tls://[fe80::1%eth0]%router.home.arpa", "fe80::1%eth0", 853, "router.home.arpa"],
    // A name of one label is fine inside a cluster
    ["10.0.0.53#resolver", "10.0.0.53", 853, "resolver"],
  ])("%s", (text, address, port, name) => {
    expect(parseUpstream(text)).toEqual({
      addresses: [address],
      port,
      name,
      pins: [],
      ca: null,
      label: text,
    });
  });

  test("the label is what the user wrote", () => {
    expect(parseUpstream("  9.9.9.9@853#dns.quad9.net ").label).toBe("9.9.9.9@853#dns.quad9.net");
  });

  test.each([
    ["tls://dns.quad9.net", "write tls://9.9.9.9#dns.quad9.net"],
    ["tls://dns.example.com", "write tls://ADDRESS#dns.example.com with its IP address for ADDRESS"],
    ["tls://dns.example.com:853", "write tls://ADDRESS#dns.example.com with its IP address for ADDRESS"],
    ["dns.google", "write tls://8.8.8.8#dns.google"],
    ["quad9", "write tls://9.9.9.9#dns.quad9.net"],
    ["cloudflare", "write tls://1.1.1.1#cloudflare-dns.com"],
    ["google", "write tls://8.8.8.8#dns.google"],
    ["adguard", "write tls://94.140.14.14#dns.adguard-dns.com"],
    ["mullvad", "write tls://194.242.2.2#dns.mullvad.net"],
    ["nextdns:abc123", "write tls://45.90.28.0#abc123.dns.nextdns.io"],
    ["controld:p2", "write tls://76.76.2.22#p2.dns.controld.com"],
    ["https://dns.google/dns-query", "write tls://8.8.8.8#dns.google"],
    ["https://doh.example.com/dns-query", "write tls://ADDRESS#doh.example.com"],
    ["https://1.1.1.1/dns-query", "write tls://ADDRESS#NAME"],
    ["quic://dns.adguard-dns.com", "write tls://94.140.14.14#dns.adguard-dns.com"],
    ["udp://10.0.0.2", "write tls://10.0.0.2#NAME"],
    ["tcp://[2001:db8::1]:53", "write tls://[2001:db8::1]#NAME"],
    ["dns://10.0.0.2:53", "write tls://10.0.0.2#NAME"],
    ["sdns://AgcAAAAAAAAABzEuMS4xLjE", "write tls://ADDRESS#NAME"],
    ["dot://9.9.9.9?verify=dns.quad9.net", "write tls://9.9.9.9#NAME"],
    ["ftp://1.1.1.1", "write tls://ADDRESS#NAME"],
    ["1.1.1.1#853", "a port is written :853"],
    ["1.1.1.1#1.0.0.1", "leave the name away"],
    ["1.1.1.1#münchen.example", "write xn--mnchen-3ya.example"],
    ["tls://2606:4700:4700::1111:853#cloudflare-dns.com", "brackets"],
    ["1.1.1.1%a.example#b.example", "write only #NAME"],
    ["fe80::1#router", "write fe80::1%eth0"],
    ["1.1.1.1:0", "1 to 65535"],
    ["1.1.1.1:65536", "1 to 65535"],
    ["1.1.1.1:853/#x", "1 to 65535"],
    ["1.1.1.1 1.0.0.1", "several items"],
    ["", "write tls://ADDRESS#NAME"],
    ["1.1.1", "write tls://ADDRESS#NAME"],
    ["1.1.1.256", "write tls://ADDRESS#NAME"],
    ["tls://", "write tls://ADDRESS#NAME"],
  ])("%j is refused with what to write", (text, hint) => {
    expect(() => parseUpstream(text)).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_BAD_UPSTREAM", hint: expect.stringContaining(hint) }),
    );
  });

  test.each(["udp://10.0.0.2", "tcp://10.0.0.2", "dns://10.0.0.2"])("%s is called cleartext", (text) => {
    expect(() => parseUpstream(text)).toThrow("in the clear");
  });

  test.each([
    "1.1.1.1#",
    "1.1.1.1#-a.example",
    "1.1.1.1#a..example",
    `1.1.1.1#${"a".repeat(64)}.example`,
    `1.1.1.1#${"a.".repeat(127)}example`,
    "1.1.1.1#a.example/dns-query",
    "1.1.1.1#a.example#b.example",
    "1.1.1.1#a.example:853",
    "1.1.1.1#*.example",
    "0.0.0.0",
    "[::]",
    "224.0.0.251",
    "255.255.255.255",
    "[ff02::fb]",
    "[2001:db8::1%x]%y",
    "fe80::1%eth0%router",
    "[fe80::1%an-interface-name-too-long]",
    "user@1.1.1.1",
  ])("%j is refused", (text) => {
    expect(() => parseUpstream(text)).toThrow(expect.objectContaining({ code: "ERR_DOTLS_BAD_UPSTREAM" }));
  });

  const address = fc
    .oneof(fc.ipV4(), fc.ipV6())
    .map((text) => canonicalAddress(text)!)
    .filter((text) => !isMulticast(text) && !isWildcard(text))
    .map((text) => (isLinkLocal(text) ? `${text}%eth0` : text));
  const port = fc.integer({ min: 1, max: 65_535 });

  test("what is written reads back as the same", () => {
    const spec = fc.record({
      addresses: address.map((one) => [one]),
      port,
      name: fc.option(fc.domain().map((domain) => domain.toLowerCase())),
      pins: fc.constant([]),
      ca: fc.constant(null),
    });
    fc.assert(
      fc.property(spec, (spec) => {
        const text = formatUpstream(spec);
        expect(parseUpstream(text)).toEqual({ ...spec, label: text });
      }),
    );
  });

  test("every spelling of one server means the same server", () => {
    fc.assert(
      fc.property(address, port, fc.domain(), (address, port, domain) => {
        const name = domain.toLowerCase();
        const host = address.includes(":") ? `[${address}]` : address;
        const spellings = [
          `tls://${host}:${port}#${name}`,
          `${host}:${port}#${name}`,
          `${address}@${port}#${name}`,
          `tls://${host}%${name}:${port}`,
        ];
        for (const text of spellings) {
          expect(parseUpstream(text)).toMatchObject({ addresses: [address], port, name });
        }
      }),
    );
  });

  test("no text at all gives anything but TLS to an address, or the error with its code", () => {
    const near = fc.string({ unit: fc.constantFrom(..."tls:/[]@%.#019afe:x-".split("")), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        expect(isReadOrRefused(text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

function isReadOrRefused(text: string): boolean {
  try {
    return canonicalAddress(parseUpstream(text).addresses[0]!.split("%", 1)[0]!) !== null;
  } catch (error) {
    return error instanceof ConfigValueError && error.code === "ERR_DOTLS_BAD_UPSTREAM";
  }
}
