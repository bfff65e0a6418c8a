import { NO_DNSTAP, PLAIN_HISTORY } from "../../src/config/plain-history.ts";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import { OPTIONS } from "../../src/config/options.ts";
import { folderWith, load, problemsOf } from "../support/config-folder.ts";

const certificate = rootCertificates[0]!;

const usualTls = {
  verify: "strict",
  ca: "system",
  cert: null,
  key: null,
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: null,
  groups: null,
  alpn: ["dot"],
  sni: true,
  keyLog: null,
};

describe("the defaults", () => {
  test("are what the documentation promises", () => {
    expect(
      load({ env: { STATE_DIRECTORY: "/var/lib/service" }, yaml: "control: {socket: none}" }).config,
    ).toEqual({
      listen: [
        { transport: "udp", address: "127.0.0.1", port: 5300 },
        { transport: "tcp", address: "127.0.0.1", port: 5300 },
      ],
      shareListeners: false,
      upstreams: ["1.1.1.1", "1.0.0.1"].map((address) => ({
        protocol: "tls",
        addresses: [address],
        port: 853,
        name: "cloudflare-dns.com",
        path: "/dns-query",
        method: "POST",
        ddr: false,
        pins: [],
        certHashes: [],
        tls: usualTls,
        padding: 128,
        insecure: false,
        label: `tls://${address}#cloudflare-dns.com`,
      })),
      policy: "fastest",
      timeout: 4000,
      retryRcodes: [2, 5, 4, 1],
      bootstrap: [],
      state: "/var/lib/service",
      tls: { ...usualTls, prewarm: false },
      cache: { ...NO_CACHE, size: 67_108_864 },
      routes: [],
      localNames: {
        localhost: true,
        invalid: true,
        test: true,
        reverse: true,
        homeArpa: true,
        local: true,
        onion: true,
        resolverArpa: true,
        ipv4onlyArpa: true,
      },
      cluster: "auto",
      bypass: { enabled: false, most: 600_000 },
      access: {
        allow: [
          "127.0.0.0/8",
          "10.0.0.0/8",
          "172.16.0.0/12",
          "192.168.0.0/16",
          "100.64.0.0/10",
          "169.254.0.0/16",
          "::1/128",
          "fc00::/7",
          "fe80::/10",
        ],
      },
      history: { ...PLAIN_HISTORY, size: 10_000 },
      dnstap: NO_DNSTAP,
      control: { socket: null, http: null, token: "auto" },
      workers: "auto",
      io: "auto",
      lameduck: 0,
      watch: false,
      user: null,
      group: null,
      log: { level: "info" },
    });
  });
});

describe("the layers", () => {
  test("defaults, then the file, then the environment, then flags", () => {
    const yaml = "timeout: 1s\nlog: {level: error}\nhistory:\n  size: 1\n  keep: 1d\n";
    const env = { DOTLS_LOG_LEVEL: "warn", DOTLS_HISTORY_SIZE: "2" };
    const { config, origins } = load({ yaml, env, flags: { set: ["history.size=3"] } });
    expect(config).toMatchObject({
      timeout: 1000,
      log: { level: "warn" },
      history: { size: 3, keep: 86_400_000, rotate: 67_108_864 },
    });
    expect([...origins].filter(([, origin]) => origin !== "default")).toEqual([
      ["timeout", "dotls.yaml:1:10"],
      ["history.size", "flag --set"],
      ["history.keep", "dotls.yaml:5:9"],
      ["log.level", "env DOTLS_LOG_LEVEL"],
    ]);
    expect([...origins.keys()]).toEqual([...OPTIONS.keys()]);
  });

  test("a list replaces a list", () => {
    const { config } = load({ yaml: "upstreams: [9.9.9.9]", env: { DOTLS_UPSTREAMS: "8.8.8.8#dns.google" } });
    expect(config.upstreams.map(({ label }) => label)).toEqual(["8.8.8.8#dns.google"]);
  });

  test("null over a value is a value", () => {
    const { config } = load({ yaml: "history: {file: h}", env: { DOTLS_HISTORY_FILE: "none" } });
    expect(config.history.file).toBeNull();
  });

  test("problems of all layers are told together", () => {
    expect(
      problemsOf({
        yaml: "timout: 1s\nlog: {level: x}\n",
        env: { DOTLS_TIMEOUT: "x" },
        flags: { set: ["x=y"], listen: ["a"] },
      }).map((line) => line.split(": ", 1)[0]),
    ).toEqual(["--set", "dotls.yaml:1:1", "dotls.yaml:2:14", "DOTLS_TIMEOUT", "--listen"]);
  });

  test("relative paths start from the file, in variables and flags from the working directory", () => {
    const cwd = folderWith({ "ca.pem": certificate, "own.pem": certificate });
    const other = folderWith({
      "my.yaml": [
        "tls: {ca: ca.pem}",
        "upstreams: [{address: 192.0.2.1, ca: own.pem}]",
        "history: {file: h.ndjson}",
        "control: {socket: s}",
        "state: kept",
        "routes: [{match: corp.example, upstreams: [{address: 192.0.2.2, ca: folder}]}]",
      ].join("\n"),
      "ca.pem": certificate,
      "own.pem": certificate,
    });
    mkdirSync(join(other, "folder"));
    writeFileSync(join(other, "folder", "ca.crt"), certificate);
    const flags = { config: join(other, "my.yaml") };
    expect(load({ cwd, flags }).config).toMatchObject({
      tls: { ca: { file: join(other, "ca.pem") } },
      upstreams: [{ tls: { ca: { file: join(other, "own.pem") } } }],
      routes: [{ upstreams: [{ tls: { ca: { directory: join(other, "folder") } } }] }],
      state: join(other, "kept"),
      history: { file: join(other, "h.ndjson") },
      control: { socket: join(other, "s") },
    });
    expect(load({ cwd, flags, env: { DOTLS_HISTORY_FILE: "h" } }).config.history.file).toBe(join(cwd, "h"));
    expect(load({ cwd, flags: { ...flags, tlsCa: "ca.pem" } }).config.tls.ca).toEqual({
      file: join(cwd, "ca.pem"),
    });
  });

  test("a file named like a word is written with its folder", () => {
    const cwd = folderWith({ system: certificate });
    expect(load({ cwd, flags: { tlsCa: "./system" } }).config.tls.ca).toEqual({ file: join(cwd, "system") });
  });

  test("the configuration is frozen, down to its last part", () => {
    const { config } = load({ yaml: "upstreams: [{address: 192.0.2.1}]" });
    const parts: unknown[] = [config];
    for (const part of parts) {
      if (typeof part !== "object" || part === null) continue;
      expect(Object.isFrozen(part)).toBe(true);
      parts.push(...Object.values(part));
    }
    expect(parts.length).toBeGreaterThan(30);
  });

  test("auto stands for the folders of the user who is given", () => {
    const env = { HOME: "/home/alice", XDG_RUNTIME_DIR: "/run/user/1000" };
    const of = (uid: number): unknown => {
      const { control, state } = load({ env, uid }).config;
      return [control.socket, state];
    };
    expect(of(0)).toEqual(["/run/dotls/control.sock", "/var/lib/dotls"]);
    expect(of(1000)).toEqual(["/run/user/1000/dotls.sock", "/home/alice/.local/state/dotls"]);
  });

  test("loading twice gives two configurations", () => {
    expect(load().config).toEqual(load().config);
    expect(load().config).not.toBe(load().config);
  });

  test("the error has a stable code and every problem in parts", () => {
    const attempt = (): unknown => load({ yaml: "timout: 1s" });
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(
      expect.objectContaining({
        code: "ERR_DOTLS_CONFIG",
        name: "ConfigError",
        message: "dotls.yaml:1:1: timout: this key is not known to this version (did you mean timeout?)",
        problems: [
          {
            where: "dotls.yaml:1:1",
            key: "timout",
            message: "this key is not known to this version",
            hint: "did you mean timeout?",
          },
        ],
      }),
    );
  });
});
