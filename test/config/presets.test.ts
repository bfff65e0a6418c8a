import { isIPv6 } from "node:net";
import { describe, expect, test } from "vitest";
import { canonicalAddress } from "../../src/config/ip-address.ts";
import { PRESETS, presetUpstream, specForName } from "../../src/config/presets.ts";
import { parseUpstream } from "../../src/config/upstream-spec.ts";

describe("presets", () => {
  test.each([...PRESETS])("%s has addresses of both families, in their one spelling", (_, preset) => {
    expect(preset.addresses.some((address) => isIPv6(address))).toBe(true);
    expect(preset.addresses.some((address) => !isIPv6(address))).toBe(true);
    expect(preset.addresses.map(canonicalAddress)).toEqual(preset.addresses);
    expect(new Set(preset.addresses).size).toBe(preset.addresses.length);
  });

  test.each([
    ["cloudflare", "cloudflare-dns.com", "1.1.1.1"],
    ["Quad9", "dns.quad9.net", "9.9.9.9"],
    ["google", "dns.google", "8.8.8.8"],
    ["adguard", "dns.adguard-dns.com", "94.140.14.14"],
    ["mullvad", "dns.mullvad.net", "194.242.2.2"],
    ["nextdns:abc123", "abc123.dns.nextdns.io", "45.90.28.0"],
    ["nextdns:My-Laptop-abc123", "my-laptop-abc123.dns.nextdns.io", "45.90.28.0"],
    ["controld:p2", "p2.dns.controld.com", "76.76.2.22"],
  ])("%s", (text, name, address) => {
    const upstream = parseUpstream(text);
    expect(upstream).toMatchObject({ protocol: "tls", port: 853, name, label: text });
    expect(upstream.addresses[0]).toBe(address);
  });

  test("other words are none", () => {
    expect(["1.1.1.1", "quad8", "tls://quad9", "", "dns.google"].map(presetUpstream)).toEqual(
      Array.from({ length: 5 }, () => null),
    );
  });
});

test.each([
  ["dns.google", "tls://8.8.8.8#dns.google"],
  ["ONE.one.one.one", "tls://1.1.1.1#cloudflare-dns.com"],
  ["abc123.dns.nextdns.io", "tls://45.90.28.0#abc123.dns.nextdns.io"],
  ["dns.nextdns.io", null],
  ["dns.example", null],
])("what to write for %s", (name, spec) => {
  expect(specForName(name)).toBe(spec);
});
