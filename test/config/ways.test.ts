import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { createAuthority } from "../../src/cli/demo/authority.ts";
import type { LoadedConfig } from "../../src/config/load.ts";
import { OPTIONS, variableOf } from "../../src/config/options.ts";
import { type EffectiveOption, effectiveOptions, formatConfig } from "../../src/config/print.ts";
import { folderWith, load } from "../support/config-folder.ts";

/** For every option a value that is not its default: in one line of text, as the environment has it, and what comes of it. */
const VALUES: Readonly<Record<string, readonly [text: string, effective: unknown]>> = {
  listen: [
    "127.0.0.2:5353, udp://[::1]:53",
    ["udp://127.0.0.2:5353", "tcp://127.0.0.2:5353", "udp://[::1]:53"],
  ],
  shareListeners: ["true", true],
  upstreams: [
    "tls://9.9.9.9#dns.quad9.net https://dns.google/dns-query",
    ["tls://9.9.9.9#dns.quad9.net", "https://dns.google/dns-query"],
  ],
  policy: ["race", "race"],
  timeout: ["1500ms", "1500ms"],
  retryRcodes: ["SERVFAIL,NOTIMP", ["SERVFAIL", "NOTIMP"]],
  bootstrap: ["9.9.9.9 [2620:fe::fe]:53", ["9.9.9.9", "2620:fe::fe"]],
  state: ["state", "CWD/state"],
  "tls.verify": ["opportunistic", "opportunistic"],
  "tls.ca": ["bundled", "bundled"],
  "tls.cert": ["cert.pem", "CWD/cert.pem"],
  "tls.key": ["key.pem", "CWD/key.pem"],
  "tls.minVersion": ["TLSv1.3", "TLSv1.3"],
  "tls.maxVersion": ["TLSv1.2", "TLSv1.2"],
  "tls.ciphers": ["TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"],
  "tls.groups": ["X25519,P-256", "X25519:P-256"],
  "tls.alpn": ["none", []],
  "tls.sni": ["false", false],
  "tls.keyLog": ["keys.log", "CWD/keys.log"],
  "tls.prewarm": ["true", true],
  "cache.size": ["16MiB", "16MiB"],
  "cache.file": ["cache.bin", "CWD/cache.bin"],
  "cache.minTtl": ["5s", "5s"],
  "cache.maxTtl": ["2h", "2h"],
  "cache.negativeTtl": ["10m", "10m"],
  "cache.failureTtl": ["1m", "1m"],
  "cache.serveStale": ["immediate", "immediate"],
  "cache.staleFor": ["3d", "3d"],
  "cache.prefetch": ["false", false],
  routes: [
    '[{"match": ["corp.example"], "upstreams": ["udp://10.0.0.53"]}]',
    [{ match: ["corp.example"], upstreams: ["udp://10.0.0.53"] }],
  ],
  "localNames.localhost": ["false", false],
  "localNames.invalid": ["no", false],
  "localNames.test": ["off", false],
  "localNames.reverse": ["false", false],
  "localNames.homeArpa": ["false", false],
  "localNames.local": ["false", false],
  "localNames.onion": ["false", false],
  "localNames.resolverArpa": ["false", false],
  "localNames.ipv4onlyArpa": ["false", false],
  cluster: ["off", "off"],
  "bypass.enabled": ["true", true],
  "bypass.most": ["1h", "1h"],
  "access.allow": ["192.0.2.0/24, 2001:db8::/32", ["192.0.2.0/24", "2001:db8::/32"]],
  "history.size": ["7", 7],
  "history.file": ["h.ndjson", "CWD/h.ndjson"],
  "history.keep": ["1d", "1d"],
  "history.rotate": ["1MiB", "1MiB"],
  "history.total": ["128MiB", "128MiB"],
  "history.every": ["1m", "1m"],
  "history.privacy": ["hide-clients", "hide-clients"],
  "history.ignore": ["localhost *.corp.example", ["localhost", "*.corp.example"]],
  "dnstap.to": ["tcp://127.0.0.1:6000", "tcp://127.0.0.1:6000"],
  "dnstap.messages": ["client", ["client"]],
  "dnstap.identity": ["box", "box"],
  "dnstap.buffer": ["8MiB", "8MiB"],
  "control.socket": ["c.sock", "CWD/c.sock"],
  "control.http": ["127.0.0.1:8053", "127.0.0.1:8053"],
  "control.token": ["CWD/token", "CWD/token"],
  workers: ["2", 2],
  io: ["dgram", "dgram"],
  lameduck: ["3s", "3s"],
  watch: ["true", true],
  user: ["nobody", "nobody"],
  group: ["nogroup", "nogroup"],
  "log.level": ["debug", "debug"],
};

/** What goes with an option so that the whole is good. */
const BESIDE: Readonly<Record<string, string>> = {
  "tls.cert": "tls.key",
  "tls.key": "tls.cert",
  group: "user",
  upstreams: "bootstrap",
};

const { chain, key: privateKey } = await (await createAuthority()).issue({ names: ["client.example"] });
const certificate = { "cert.pem": chain, "key.pem": privateKey };

function textOf(key: string, cwd: string): string {
  return VALUES[key]![0].replace("CWD", cwd);
}

/** What is set, as a file has it: keys within keys. */
function nested(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    const [section = "", name] = key.split(".");
    if (name === undefined) all[section] = value;
    else all[section] = { ...(all[section] as object | undefined), [name]: value };
  }
  return all;
}

function optionOf({ config, origins }: LoadedConfig, key: string): EffectiveOption {
  return effectiveOptions(config, origins).find((one) => one.key === key)!;
}

it("there is a value here for every option", () => {
  expect(Object.keys(VALUES)).toEqual([...OPTIONS.keys()]);
});

describe.each(Object.keys(VALUES))("%s", (key) => {
  const keys = [key, BESIDE[key] ?? []].flat();
  const upstream = keys.includes("upstreams") ? [] : ["9.9.9.9#dns.quad9.net"];
  const flags = upstream.length === 0 ? {} : { upstream };

  it("is the same by a variable, by --set and by a file, and it is said where it is from", () => {
    const cwd = folderWith(certificate);
    const env = Object.fromEntries(keys.map((one) => [variableOf(one), textOf(one, cwd)]));
    const set = keys.map((one) => `${one}=${textOf(one, cwd)}`);
    const wanted = JSON.parse(JSON.stringify(VALUES[key]![1]).replaceAll("CWD", cwd)) as unknown;

    const byVariable = load({ cwd, env, flags });
    expect(optionOf(byVariable, key)).toEqual({ key, value: wanted, origin: `env ${variableOf(key)}` });
    const bySet = load({ cwd, flags: { ...flags, set } });
    expect(optionOf(bySet, key)).toEqual({ key, value: wanted, origin: "flag --set" });
    const values = Object.fromEntries(keys.map((one) => [one, optionOf(byVariable, one).value]));
    writeFileSync(join(cwd, "dotls.yaml"), stringify(nested(values)));
    const byFile = load({ cwd, flags });
    const { origin, ...rest } = optionOf(byFile, key);
    expect(rest).toEqual({ key, value: wanted });
    expect(origin).toMatch(/^dotls\.yaml:\d+:\d+$/);
    expect(bySet.config).toEqual(byVariable.config);
    expect(byFile.config).toEqual(byVariable.config);
    // It is none that stood there before.
    expect(optionOf(load({ flags: { upstream: ["9.9.9.9"] } }), key).value).not.toEqual(wanted);
  });

  it("is the same when what `dotls check` prints is taken for the file", () => {
    const cwd = folderWith(certificate);
    const set = keys.map((one) => `${one}=${textOf(one, cwd)}`);
    const first = load({ cwd, flags: { ...flags, set } });
    writeFileSync(join(cwd, "dotls.yaml"), formatConfig(first));
    expect(load({ cwd }).config).toEqual(first.config);
  });
});

it("a token is not told over the network, nor its hash", () => {
  const hidden = load({ flags: { upstream: ["9.9.9.9"], set: ["control.token=a-token-of-twenty-letters"] } });
  expect(optionOf(hidden, "control.token")).toMatchObject({ value: "(not shown)", origin: "flag --set" });
  // `dotls check` prints a file that can be used.
  expect(formatConfig(hidden)).toMatch(/token: scrypt:\S+ # flag --set/);
});

it("the flags for what is set most often say that they were it", () => {
  const cwd = folderWith({ ...certificate, "dotls.yaml": "timeout: 2s\nlisten: [127.0.0.1:53]\n" });
  const flags = { listen: ["127.0.0.3:53"], upstream: ["9.9.9.9"], tlsCa: "cert.pem", set: ["timeout=3s"] };
  const loaded = load({ cwd, env: { DOTLS_TIMEOUT: "4s", DOTLS_POLICY: "race" }, flags });
  const told = ["listen", "upstreams", "tls.ca", "timeout", "policy"].map((key) => optionOf(loaded, key));
  expect(told.map(({ value, origin }) => [value, origin])).toEqual([
    [["udp://127.0.0.3:53", "tcp://127.0.0.3:53"], "flag --listen"],
    [["9.9.9.9"], "flag --upstream"],
    [join(cwd, "cert.pem"), "flag --tls-ca"],
    ["3s", "flag --set"],
    ["race", "env DOTLS_POLICY"],
  ]);
});
