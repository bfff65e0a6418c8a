import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { DEFAULT_TLS } from "../../src/config/tls-options.ts";
import { load, problemsOf } from "../support/config-folder.ts";

const pin = createHash("sha256").update("a public key").digest("base64");
const { prewarm: _, ...usualTls } = DEFAULT_TLS;

describe("an upstream in the long form", () => {
  const upstream = (yaml: string, general = ""): unknown =>
    load({ yaml: `${general}\nbootstrap: [9.9.9.9]\nupstreams: [${yaml}]` }).config.upstreams[0];

  test("says of TLS what is different for it", () => {
    expect(
      upstream(
        "{address: 192.0.2.1, verify: strict, ca: bundled, minVersion: TLSv1.3, groups: 'X25519, P-256', alpn: off, sni: no}",
        "tls: {maxVersion: TLSv1.3, sni: true, ciphers: HIGH}",
      ),
    ).toMatchObject({
      tls: {
        ...usualTls,
        ca: "bundled",
        minVersion: "TLSv1.3",
        groups: "X25519:P-256",
        alpn: [],
        sni: false,
        ciphers: "HIGH",
      },
    });
  });

  test("can go back to the default where all others do not", () => {
    expect(
      upstream(
        "{address: 192.0.2.1, ciphers: default, alpn: [dot], sni: true}",
        "tls: {ciphers: HIGH, alpn: off, sni: off}",
      ),
    ).toMatchObject({ tls: usualTls });
  });

  test("around the short form", () => {
    expect(upstream("{server: quad9, padding: off}")).toMatchObject({
      name: "dns.quad9.net",
      padding: null,
      label: "quad9",
    });
    expect(upstream("{server: 'https://dns.example/q', addresses: [192.0.2.1], method: GET}")).toMatchObject({
      protocol: "https",
      addresses: ["192.0.2.1"],
      name: "dns.example",
      path: "/q",
      method: "GET",
    });
    expect(upstream("{server: 'ddr://192.168.1.1', verify: none}")).toMatchObject({
      ddr: true,
      tls: { verify: "none" },
    });
  });

  test("over HTTPS", () => {
    expect(
      upstream(
        "{protocol: https, name: dns.example, addresses: [192.0.2.1], path: '/q{?dns}'}",
        "tls: {alpn: off}",
      ),
    ).toMatchObject({ port: 443, path: "/q", method: "POST", padding: 128, tls: { alpn: ["h2"] } });
  });

  test("with a name alone", () => {
    expect(upstream("{name: dns.example}")).toMatchObject({ addresses: [], name: "dns.example", port: 853 });
  });

  test.each([
    ["{server: quad8}", '1:22: upstreams[0].server: "quad8" is neither an address nor a preset'],
    [
      "{server: quad9, port: 853}",
      "1:35: upstreams[0].port: server has a word on that already (keep one of them)",
    ],
    ["{server: quad9, name: null}", "1:35: upstreams[0].name: server has a word on that already"],
    ["{server: quad9, address: 9.9.9.9}", "1:13: upstreams[0]: server has an address already"],
    ["{protocol: dot, address: 192.0.2.1}", "1:24: upstreams[0].protocol: wants tls, https, udp or tcp"],
    ["{address: 192.0.2.1, path: /q}", "1:40: upstreams[0].path: is for upstreams under https"],
    ["{address: 192.0.2.1, method: GET}", "1:42: upstreams[0].method: is for upstreams under https"],
    ["{server: 'https://192.0.2.1', method: get}", "1:51: upstreams[0].method: wants POST or GET"],
    ["{server: 'https://192.0.2.1', alpn: [h3]}", "1:49: upstreams[0].alpn: HTTP/2 is negotiated as h2"],
    ["{protocol: https, address: 192.0.2.1, path: q}", '1:57: upstreams[0].path: "q" is not a path'],
    [
      "{address: 192.0.2.1, insecure: true}",
      "1:44: upstreams[0].insecure: is for plain upstreams, and this one is not",
    ],
    [
      "{server: 'udp://10.0.0.2', verify: none}",
      "1:48: upstreams[0].verify: means nothing to udp, which is in the clear",
    ],
    [`{protocol: tcp, address: 10.0.0.2, pins: ['${pin}']}`, "1:54: upstreams[0].pins: means nothing to tcp"],
    ["{protocol: tcp, address: 10.0.0.2, padding: 128}", "1:57: upstreams[0].padding: means nothing to tcp"],
    [
      "{protocol: udp, name: a.example}",
      "1:13: upstreams[0]: a plain resolver is known by its address alone",
    ],
    ["{address: 192.0.2.1, padding: 8}", "1:43: upstreams[0].padding: 8 is outside of 16 to 1024"],
    [
      "{address: 192.0.2.1, padding: much}",
      '1:43: upstreams[0].padding: "much" is not a number of bytes; write 128',
    ],
    [
      "{address: 192.0.2.1, verify: maybe}",
      "1:42: upstreams[0].verify: wants strict, pin, opportunistic or none",
    ],
    ["{address: 192.0.2.1, sni: 1}", "1:39: upstreams[0].sni: wants true or false, and got the number 1"],
    ["{address: 192.0.2.1, sni: maybe}", '1:39: upstreams[0].sni: "maybe" is neither true nor false'],
    ["{address: 192.0.2.1, alpn: [a b]}", '1:41: upstreams[0].alpn[0]: "a b" is not the name of a protocol'],
    ["{address: 192.0.2.1, groups: X25518}", '1:42: upstreams[0].groups: "X25518" is no group that OpenSSL'],
    [
      "{address: 192.0.2.1, groups: 'X25519:auto'}",
      '1:42: upstreams[0].groups: "auto" is no group that OpenSSL',
    ],
    ["{address: 192.0.2.1, groups: ':'}", '1:42: upstreams[0].groups: ":" names no group'],
    [
      "{address: 192.0.2.1, ciphers: 'HIGH:AES512'}",
      '1:43: upstreams[0].ciphers: "AES512" is no cipher suite',
    ],
    [
      "{address: 192.0.2.1, ciphers: 'HIGH:eNULL'}",
      '1:43: upstreams[0].ciphers: "eNULL" stands for suites that encrypt',
    ],
    ["{address: 192.0.2.1, ciphers: '!aNULL'}", '1:43: upstreams[0].ciphers: "!aNULL" names no cipher suite'],
    [
      "{address: 192.0.2.1, ciphers: 'AES256-SHA:!AES'}",
      '1:43: upstreams[0].ciphers: "AES256-SHA:!AES" leaves no',
    ],
    ["{address: 192.0.2.1, certHashes: [x]}", '1:47: upstreams[0].certHashes[0]: "x" is not a pin'],
  ])("%s", (yaml, problem) => {
    expect(problemsOf({ yaml: `upstreams: [${yaml}]` })).toEqual(
      expect.arrayContaining([expect.stringContaining(`dotls.yaml:${problem}`)]),
    );
  });
});
