import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalAddress, isLinkLocal, isMulticast, isWildcard } from "../../src/config/ip-address.ts";
import { formatUpstream } from "../../src/config/format-upstream.ts";
import { parseUpstream } from "../../src/config/upstream-spec.ts";
import { draft } from "../../src/config/upstream-draft.ts";
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
    ["tls://[fe80::1%25eth0]:853", "fe80::1%eth0", 853, null],
    ["tls://fe80::1%eth0", "fe80::1%eth0", 853, null],
    ["tls://[fe80::1%eth0]%router.home.arpa", "fe80::1%eth0", 853, "router.home.arpa"],
    // A name of one label is fine inside a cluster
    ["10.0.0.53#resolver", "10.0.0.53", 853, "resolver"],
  ])("%s", (text, address, port, name) => {
    expect(parseUpstream(text)).toEqual(draft("tls", { addresses: [address], port, name, label: text }));
  });

  test("the label is what the user wrote", () => {
    expect(parseUpstream("  9.9.9.9@853#dns.quad9.net ").label).toBe("9.9.9.9@853#dns.quad9.net");
  });

  test.each([
    ["tls://quad9", "write quad9"],
    ["quad8", "did you mean quad9?"],
    ["clodflare", "did you mean cloudflare?"],
    ["resolver", "the presets are cloudflare, quad9, google, adguard, mullvad, nextdns:ID, controld:ID"],
    ["quad9:9953", "write quad9"],
    ["nextdns", "write nextdns:abc123"],
    ["nextdns:", "write nextdns:abc123"],
    ["controld:a_b", "write controld:abc123"],
    ["tls://dns.quad9.net#quad9.net", "write tls://dns.quad9.net, or tls://ADDRESS#dns.quad9.net"],
    ["quic://dns.adguard-dns.com", "write tls://dns.adguard-dns.com or https://..."],
    ["h3://dns.google/dns-query", "write tls://dns.google or https://..."],
    ["http://dns.google/dns-query", "write https://dns.google/dns-query"],
    ["doh://dns.google/dns-query", "write https://dns.google/dns-query"],
    ["https://", "write https://NAME/dns-query"],
    ["https://user@dns.google/", "write https://NAME/dns-query"],
    ["https://dns.google/dns query", "several items"],
    ["https://dns.google/<x>", "write it as %XX"],
    ["https://münchen.example/", "write xn--mnchen-3ya.example"],
    ["udp://resolver.example", "write udp://ADDRESS"],
    ["tcp://10.0.0.2#resolver.example", "write tcp://ADDRESS"],
    ["ddr://router", "write ddr://ADDRESS"],
    ["udp://2001:db8::1:53", "brackets"],
    ["dns://10.0.0.2:53", "write tls://10.0.0.2#NAME"],
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

  test.each([
    ["tls://dns.quad9.net", "dns.quad9.net", 853],
    ["dns.google", "dns.google", 853],
    ["dns.google:8853", "dns.google", 8853],
    ["Dns.Google.@8853", "dns.google", 8853],
    ["tls://resolver", "resolver", 853],
  ])("%s is known by its name alone", (text, name, port) => {
    expect(parseUpstream(text)).toEqual(draft("tls", { name, port, label: text }));
  });

  test.each([
    ["https://dns.google", { name: "dns.google" }],
    ["https://dns.google/", { name: "dns.google" }],
    ["HTTPS://Dns.Google:8443/Custom", { name: "dns.google", port: 8443, path: "/Custom" }],
    ["https://dns.nextdns.io/abc123", { name: "dns.nextdns.io", path: "/abc123" }],
    ["https://dns.example/q{?dns}", { name: "dns.example", path: "/q" }],
    ["https://dns.example/q?token=a%20b", { name: "dns.example", path: "/q?token=a%20b" }],
    ["https://1.1.1.1/dns-query", { addresses: ["1.1.1.1"] }],
    ["https://[2620:FE::fe]:443/dns-query", { addresses: ["2620:fe::fe"] }],
    ["https://[fe80::1%eth0]/x", { addresses: ["fe80::1%eth0"], path: "/x" }],
  ])("%s is asked over HTTPS", (text, parts) => {
    expect(parseUpstream(text)).toEqual(draft("https", { ...parts, label: text }));
  });

  test.each([
    "https://1.1/dns-query",
    "https://dns.example/{dns}",
    "https://dns.example/q#x",
    "https://a..b/",
  ])("%s is refused", (text) => {
    expect(() => parseUpstream(text)).toThrow(expect.objectContaining({ code: "ERR_DOTLS_BAD_UPSTREAM" }));
  });

  test.each([
    ["udp://10.0.0.2", "udp", "10.0.0.2", 53],
    ["tcp://[2001:db8::1]:5353", "tcp", "2001:db8::1", 5353],
    ["udp://fe80::1%eth0@5353", "udp", "fe80::1%eth0", 5353],
  ] as const)("%s is in the clear, and says so", (text, protocol, address, port) => {
    expect(parseUpstream(text)).toEqual(draft(protocol, { addresses: [address], port, label: text }));
    expect(parseUpstream(text)).toMatchObject({ padding: null, insecure: false });
  });

  test("ddr:// names a plain resolver whose encrypted face is to be found", () => {
    expect(parseUpstream("ddr://192.168.1.1")).toEqual(
      draft("tls", { addresses: ["192.168.1.1"], port: 53, ddr: true, label: "ddr://192.168.1.1" }),
    );
  });

  test.each(["http://10.0.0.2", "dns://10.0.0.2"])("%s is called cleartext", (text) => {
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
    const addresses = address.map((one) => [one]);
    const nobody = fc.constant(null);
    const nowhere = fc.constant([]);
    const name = fc.domain().map((domain) => domain.toLowerCase());
    const path = fc.stringMatching(/^\/[a-z0-9/?=%-]{1,9}$/);
    const spec = fc.oneof(
      fc.record({ protocol: fc.constant("tls" as const), addresses, port, name: fc.option(name) }),
      fc.record({ protocol: fc.constantFrom("tls", "https"), addresses: nowhere, port, name }),
      fc.record({ protocol: fc.constant("https" as const), addresses, port, name: nobody, path }),
      fc.record({ protocol: fc.constantFrom("udp", "tcp"), addresses, port, name: nobody }),
      fc.record({ protocol: fc.constant("tls" as const), addresses, port, ddr: fc.constant(true) }),
    );
    fc.assert(
      fc.property(spec, (spec) => {
        const written = draft(spec.protocol, { ...spec, label: "" });
        const text = formatUpstream(written);
        expect(parseUpstream(text)).toEqual({ ...written, label: text });
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

  test("no text but that of a plain resolver gives anything but TLS, and all others the error with its code", () => {
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
    const { protocol, addresses, name } = parseUpstream(text);
    const found = addresses.every((one) => canonicalAddress(one.split("%", 1)[0]!) !== null);
    const who = addresses.length > 0 || /[a-z]/.test(name ?? "");
    return found && who && (/^\s*(udp|tcp):/i.test(text) || protocol === "tls" || protocol === "https");
  } catch (error) {
    return error instanceof ConfigValueError && error.code === "ERR_DOTLS_BAD_UPSTREAM";
  }
}
