import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Conversion } from "../../../src/cli/import/conversion.ts";
import { readSource } from "../../../src/cli/import/read-source.ts";
import { convertStubby } from "../../../src/cli/import/stubby.ts";
import { load } from "../../support/config-folder.ts";
import { type Converted, convertFile, remarksOn } from "./converted.ts";

function convert(text: string): Converted {
  return convertFile(text, (file, conversion) => convertStubby(readSource(file), conversion));
}

const PIN = "62lKu9HsDVbyiPenApnc4sfmSYTHOVfFgL3pyB+cBL4=";
const SERVER = "upstream_recursive_servers:\n  - address_data: 192.0.2.1\n    tls_auth_name: dns.example\n";

/** Every option that stubby.yml.example has, with a value of its own. */
const EVERYTHING = `
resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list:
  - GETDNS_TRANSPORT_TLS
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_query_padding_blocksize: 256
edns_client_subnet_private : 1
round_robin_upstreams: 1
idle_timeout: 10000
tls_connection_retries: 5
tls_backoff_time: 300
limit_outstanding_queries: 100
timeout: 1500
tls_ca_path: "/etc/ssl/certs/"
tls_cipher_list: "EECDH+AESGCM:EECDH+CHACHA20"
tls_ciphersuites: "TLS_AES_256_GCM_SHA384"
tls_curves_list: "X25519:P-256"
tls_min_version: GETDNS_TLS1_2
tls_max_version: GETDNS_TLS1_3
listen_addresses:
  - 127.0.0.1
  -  0::1@8053
dnssec: GETDNS_EXTENSION_TRUE
dnssec_return_status: GETDNS_EXTENSION_TRUE
appdata_dir: "/var/cache/stubby"
trust_anchors_backoff_time: 2500
dnssec_trust_anchors: "/etc/unbound/getdns-root.key"
log_level: GETDNS_LOG_NOTICE
upstream_recursive_servers:
  - address_data: 145.100.185.15
    tls_port: 443
    tls_auth_name: "dnsovertls.sinodun.com "
    tls_pubkey_pinset:
      - digest: "sha256"
        value: ${PIN}
    tls_min_version: GETDNS_TLS1_3
    port: 53
  - address_data: 2a04:b900:0:100::38
    tls_auth_name: "getdnsapi.net"
  - address_data: 9.9.9.9
    tls_auth_name: "dns.quad9.net"
`;

describe("stubby.yml", () => {
  test("becomes what it says", () => {
    const { config } = convert(EVERYTHING);
    const { listen, policy, timeout, tls, upstreams, log } = config();
    expect(listen.map(({ transport, address, port }) => `${transport} ${address} ${port}`)).toEqual([
      "udp 127.0.0.1 53",
      "tcp 127.0.0.1 53",
      "udp ::1 8053",
      "tcp ::1 8053",
    ]);
    expect({ policy, timeout, level: log.level }).toEqual({
      policy: "round-robin",
      timeout: 1500,
      level: "info",
    });
    expect(tls).toMatchObject({
      verify: "strict",
      ca: { directory: "/etc/ssl/certs" },
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.3",
      ciphers: "TLS_AES_256_GCM_SHA384:EECDH+AESGCM:EECDH+CHACHA20",
      groups: "X25519:P-256",
    });
    expect(upstreams).toHaveLength(3);
    expect(upstreams[0]).toMatchObject({
      addresses: ["145.100.185.15"],
      port: 443,
      name: "dnsovertls.sinodun.com",
      pins: [PIN],
      padding: 256,
      tls: { minVersion: "TLSv1.3", verify: "strict" },
    });
    expect(upstreams[1]).toMatchObject({
      addresses: ["2a04:b900:0:100::38"],
      name: "getdnsapi.net",
      port: 853,
    });
  });

  test("has a comment for every option", () => {
    const { yaml } = convert(EVERYTHING);
    const options = [...EVERYTHING.matchAll(/^(?: {2}- | {4})?([a-z_]+) ?:/gm)].map(([, name]) => name!);
    const comments = yaml
      .split("\n")
      .filter((line) => line.trimStart().startsWith("#"))
      .join("\n");
    for (const option of options) {
      if (option === "upstream_recursive_servers") continue;
      expect(comments).toMatch(new RegExp(`\\b${option}\\b`));
    }
  });

  test("every remark has its line, and says why", () => {
    const remarks = convert(EVERYTHING).remarks;
    expect(remarks.every((remark) => /^\d+: [a-z_]+: \S.{10}/.test(remark))).toBe(true);
    expect(remarks).toContain(
      "9: idle_timeout: how long a server keeps idle connections is learned from the server",
    );
    for (const option of ["dnssec", "dnssec_return_status"]) {
      expect(remarks.join("\n")).toMatch(new RegExp(`: ${option}: dotls does not validate DNSSEC`));
    }
  });

  test.each([
    ["tls_authentication: GETDNS_AUTHENTICATION_NONE\n", /^1: tls_authentication: this stays strict/],
    ["", /^source: tls_authentication: not given, so stubby was opportunistic; this stays strict/],
  ])("an opportunistic one stays strict, and is told so: %j", (text, remark) => {
    const converted = convert(
      `${text}dns_transport_list: [GETDNS_TRANSPORT_TLS, GETDNS_TRANSPORT_UDP]\n${SERVER}`,
    );
    const { tls, upstreams } = converted.config();
    expect([tls, upstreams[0]!.tls].map(({ verify }) => verify)).toEqual(["strict", "strict"]);
    expect(upstreams[0]!.protocol).toBe("tls");
    const said = remarksOn("tls_authentication", converted).map((line) =>
      line.replace(/^\S*source:/, "source:"),
    );
    expect(said).toEqual([expect.stringMatching(remark)]);
    expect(remarksOn("dns_transport_list", converted)).toEqual([
      expect.stringContaining("never goes on in the clear"),
    ]);
  });

  test("a server with pins alone is held to the pins, one with nothing to its address", () => {
    const converted = convert(
      `upstream_recursive_servers:\n  - address_data: 192.0.2.1\n    tls_pubkey_pinset: [{digest: sha256, value: ${PIN}}]\n  - address_data: 192.0.2.2\n`,
    );
    expect(converted.config().upstreams).toMatchObject([
      { name: null, pins: [PIN], tls: { verify: "pin" } },
      { name: null, pins: [], tls: { verify: "strict" } },
    ]);
    expect(remarksOn("address_data", converted)).toEqual([
      expect.stringContaining("the pins alone prove"),
      expect.stringContaining("the certificate must carry the address"),
    ]);
  });

  test("a server whose pins cannot be read is left out, not unpinned", () => {
    const converted = convert(
      `${SERVER}    tls_pubkey_pinset:\n      - digest: sha1\n        value: abc\n  - address_data: 192.0.2.9\n    tls_auth_name: b.example\n`,
    );
    expect(converted.config().upstreams.map(({ name }) => name)).toEqual(["b.example"]);
    expect(remarksOn("tls_pubkey_pinset", converted)).toEqual([
      expect.stringContaining("this server is left out"),
    ]);
  });

  test.each([
    ["timeout: 1", "timeout", "the default stays", "timeout: 4000"],
    ["timeout: 120000", "timeout", "no client waits longer than 1m", "timeout: 60000"],
    ["tls_min_version: GETDNS_TLS1", "tls_min_version", "raised", "minVersion: TLSv1.2"],
    ["tls_max_version: GETDNS_TLS1_1", "tls_max_version", "RFC 8996", "maxVersion: TLSv1.3"],
    ["tls_min_version: GETDNS_TLS9", "tls_min_version", "not known", "minVersion: TLSv1.2"],
    [
      "tls_max_version: GETDNS_TLS1_2\ntls_min_version: GETDNS_TLS1_3",
      "tls_max_version",
      "older than tls_min_version",
      "minVersion: TLSv1.3",
    ],
    ["tls_cipher_list: NOSUCH", "tls_cipher_list", "the default stays", "ciphers: null"],
    ["tls_curves_list: NOSUCH", "tls_curves_list", "the default stays", "groups: null"],
    ["tls_query_padding_blocksize: 0", "tls_query_padding_blocksize", "stay padded", "padding: 128"],
    ["listen_addresses: [0.0.0.0@53]", "listen_addresses", "stubby answers everybody", "address: 0.0.0.0"],
    ["listen_addresses: [nohost]", "listen_addresses", "not listened on", "port: 5300"],
    ["no_such_option: 1", "no_such_option", "is not known", "timeout: 4000"],
  ])("%s", (line, option, remark, value) => {
    const converted = convert(`${line}\n${SERVER}`);
    expect(remarksOn(option, converted).join("\n")).toContain(remark);
    const config = JSON.stringify(converted.config()).replaceAll('"', "").replaceAll(":", ": ");
    expect(config).toContain(value);
  });

  test("without listen_addresses and round_robin_upstreams: what stubby does then", () => {
    const { listen, policy } = convert(SERVER).config();
    expect(listen.map(({ address, port }) => `${address} ${port}`)).toEqual([
      "127.0.0.1 53",
      "127.0.0.1 53",
      "::1 53",
      "::1 53",
    ]);
    expect(policy).toBe("failover");
  });

  test("what stands in a value cannot leave its comment, and a secret does not get there", () => {
    const { yaml, config } = convert(
      `no_such_option: "a\\nlog: {level: debug}\\r\\u2028timeout: 1s"\n${SERVER}    tsig_secret: verysecret\n`,
    );
    expect(config()).toMatchObject({ timeout: 4000, log: { level: "info" } });
    expect(yaml).toContain("tsig_secret");
    expect(yaml).not.toContain("verysecret");
  });

  test("is not YAML: says where", () => {
    expect(() => convert("timeout: 1\n  bad: [\n")).toThrow(/source:1:10: not YAML: /);
  });

  test.skipIf(!existsSync("/etc/stubby/stubby.yml"))("the one that Debian ships (skipped without it)", () => {
    const conversion = new Conversion();
    convertStubby(readSource("/etc/stubby/stubby.yml"), conversion);
    const { config } = load({ yaml: conversion.toYaml("x") });
    expect(config.upstreams.length).toBeGreaterThanOrEqual(4);
    expect(config.upstreams.every(({ pins, name }) => pins.length > 0 && name !== null)).toBe(true);
    expect(config).toMatchObject({ policy: "round-robin", tls: { verify: "strict" } });
  });
});
