import { describe, expect, test } from "vitest";
import { OTHER_VARIABLES } from "../../src/config/environment.ts";
import { ALL_LOCAL_NAMES } from "../../src/config/local-names.ts";
import { OPTIONS, variableOf } from "../../src/config/options.ts";
import { load, problemsOf } from "../support/config-folder.ts";

const localNames = Object.keys(ALL_LOCAL_NAMES);

describe("environment variables", () => {
  test("every option has one, and no two have the same", () => {
    const names = [...OPTIONS.keys()].map(variableOf);
    expect(new Set(names).size).toBe(OPTIONS.size);
    expect(names).toContain("DOTLS_TLS_MINVERSION");
    expect(names.filter((name) => OTHER_VARIABLES.has(name))).toEqual([]);
  });

  test("all of them at once", () => {
    const { config, origins } = load({
      env: {
        DOTLS_LISTEN: "[::1]:53, udp://127.0.0.1:5353",
        DOTLS_SHARELISTENERS: "yes",
        DOTLS_UPSTREAMS: "9.9.9.9#dns.quad9.net 1.1.1.1",
        DOTLS_POLICY: "hash",
        DOTLS_TIMEOUT: "2s",
        DOTLS_RETRYRCODES: "servfail, 23",
        DOTLS_BOOTSTRAP: "9.9.9.9 [2620:fe::fe]:5353",
        DOTLS_STATE: "none",
        DOTLS_TLS_VERIFY: "strict",
        DOTLS_TLS_CA: "bundled",
        DOTLS_TLS_CERT: "none",
        DOTLS_TLS_KEY: "none",
        DOTLS_TLS_MINVERSION: "TLSv1.3",
        DOTLS_TLS_MAXVERSION: "TLSv1.3",
        DOTLS_TLS_CIPHERS: "TLS_AES_256_GCM_SHA384:ECDHE+AESGCM:!aNULL",
        DOTLS_TLS_GROUPS: "X25519:P-256",
        DOTLS_TLS_ALPN: "off",
        DOTLS_TLS_SNI: "off",
        DOTLS_TLS_KEYLOG: "none",
        DOTLS_TLS_PREWARM: "true",
        DOTLS_CACHE_SIZE: "0",
        DOTLS_CACHE_FILE: "none",
        DOTLS_CACHE_MINTTL: "10s",
        DOTLS_CACHE_MAXTTL: "1h",
        DOTLS_CACHE_NEGATIVETTL: "0s",
        DOTLS_CACHE_FAILURETTL: "30s",
        DOTLS_CACHE_SERVESTALE: "off",
        DOTLS_CACHE_STALEFOR: "2h",
        DOTLS_CACHE_PREFETCH: "no",
        DOTLS_ROUTES: '[{"match": "corp.example", "upstreams": ["udp://10.0.0.2"], "policy": "race"}]',
        ...Object.fromEntries(localNames.map((key) => [variableOf(`localNames.${key}`), "false"])),
        DOTLS_CLUSTER: "off",
        DOTLS_BYPASS_ENABLED: "yes",
        DOTLS_BYPASS_MOST: "1h",
        DOTLS_ACCESS_ALLOW: "10.0.0.0/8",
        DOTLS_HISTORY_SIZE: "5",
        DOTLS_HISTORY_FILE: "none",
        DOTLS_HISTORY_KEEP: "1d",
        DOTLS_HISTORY_ROTATE: "1MiB",
        DOTLS_HISTORY_TOTAL: "2MiB",
        DOTLS_HISTORY_EVERY: "1m",
        DOTLS_HISTORY_PRIVACY: "hide-clients",
        DOTLS_HISTORY_IGNORE: "corp.example *.lan",
        DOTLS_DNSTAP_TO: "tcp://[::1]:6000",
        DOTLS_DNSTAP_MESSAGES: "client",
        DOTLS_DNSTAP_IDENTITY: "here",
        DOTLS_DNSTAP_BUFFER: "1MiB",
        DOTLS_CONTROL_SOCKET: "none",
        DOTLS_CONTROL_HTTP: "[::]:80",
        DOTLS_CONTROL_TOKEN: "/run/secrets/token",
        DOTLS_WORKERS: "4",
        DOTLS_IO: "dgram",
        DOTLS_LAMEDUCK: "5s",
        DOTLS_WATCH: "on",
        DOTLS_USER: "dotls",
        DOTLS_GROUP: "65532",
        DOTLS_LOG_LEVEL: "debug",
      },
    });
    expect(config).toMatchObject({
      listen: [
        { transport: "udp", address: "::1", port: 53 },
        { transport: "tcp", address: "::1", port: 53 },
        { transport: "udp", address: "127.0.0.1", port: 5353 },
      ],
      upstreams: [{ name: "dns.quad9.net" }, { name: null }],
      policy: "hash",
      timeout: 2000,
      retryRcodes: [2, 23],
      bootstrap: [
        { address: "9.9.9.9", port: 53 },
        { address: "2620:fe::fe", port: 5353 },
      ],
      state: null,
      tls: {
        ca: "bundled",
        minVersion: "TLSv1.3",
        ciphers: "TLS_AES_256_GCM_SHA384:ECDHE+AESGCM:!aNULL",
        groups: "X25519:P-256",
        alpn: [],
        sni: false,
        prewarm: true,
      },
      cache: {
        size: 0,
        file: null,
        minTtl: 10_000,
        maxTtl: 3_600_000,
        negativeTtl: 0,
        failureTtl: 30_000,
        serveStale: "off",
        staleFor: 7_200_000,
        prefetch: false,
      },
      routes: [{ match: [{ suffix: "corp.example" }], upstreams: [{ protocol: "udp" }], policy: "race" }],
      localNames: Object.fromEntries(localNames.map((key) => [key, false])),
      cluster: "off",
      bypass: { enabled: true, most: 3_600_000 },
      access: { allow: ["10.0.0.0/8"] },
      history: {
        size: 5,
        file: null,
        keep: 86_400_000,
        rotate: 1_048_576,
        total: 2_097_152,
        every: 60_000,
        privacy: "hide-clients",
        ignore: [
          { suffix: "corp.example", apex: true },
          { suffix: "lan", apex: false },
        ],
      },
      dnstap: {
        to: { address: "::1", port: 6000 },
        messages: ["client"],
        identity: "here",
        buffer: 1_048_576,
      },
      control: { socket: null, http: { address: "::", port: 80 }, token: { file: "/run/secrets/token" } },
      workers: 4,
      io: "dgram",
      shareListeners: true,
      lameduck: 5000,
      watch: true,
      user: "dotls",
      group: "65532",
      log: { level: "debug" },
    });
    for (const [key, origin] of origins) expect(origin).toBe(`env ${variableOf(key)}`);
  });

  test("upstreams in the long form are JSON", () => {
    const env = {
      DOTLS_UPSTREAMS: '[{"address": "192.0.2.1", "name": "dns.example", "port": 8853}, "9.9.9.9"]',
    };
    expect(load({ env }).config.upstreams).toMatchObject([
      { port: 8853, name: "dns.example" },
      { port: 853 },
    ]);
    expect(problemsOf({ env: { DOTLS_UPSTREAMS: '[{"address": ' } })[0]).toContain(
      "DOTLS_UPSTREAMS: upstreams: not JSON",
    );
    expect(problemsOf({ env: { DOTLS_UPSTREAMS: '[{"adress": "192.0.2.1"}]' } })).toContain(
      "DOTLS_UPSTREAMS: upstreams[0].adress: this key is not known to this version (did you mean address?)",
    );
  });

  test.each([
    ["DOTLS_UPSTREAM", "did you mean DOTLS_UPSTREAMS?"],
    ["DOTLS_TLSCA", "did you mean DOTLS_TLS_CA?"],
    ["DOTLS_TLS_MIN_VERSION", "did you mean DOTLS_TLS_MINVERSION?"],
    ["DOTLS_CONFG", "did you mean DOTLS_CONFIG?"],
    ["DOTLS_LOGLEVEL", "did you mean DOTLS_LOG_LEVEL?"],
  ])("%s is no option", (name, hint) => {
    expect(problemsOf({ env: { [name]: "x" } })).toEqual([
      `${name}: this variable is not known to this version (${hint})`,
    ]);
  });

  test.each(["DOTLS_TUNNEL_SIZE", "DOTLS_", "DOTLS_PORT", "DOTLS_INSECURE"])("%s is no option", (name) => {
    expect(problemsOf({ env: { [name]: "53" } })[0]).toContain(
      `${name}: this variable is not known to this version`,
    );
  });

  test("variables of other commands and other programs are left alone", () => {
    expect(
      load({ env: { DOTLS_QUERY_SERVER: "192.0.2.1", dotls_timeout: "x", PATH: "/bin" } }).config.timeout,
    ).toBe(4000);
  });

  test("Kubernetes describes a Service of our name in variables of its own", () => {
    const env = {
      DOTLS_SERVICE_HOST: "10.96.0.7",
      DOTLS_SERVICE_PORT: "53",
      DOTLS_SERVICE_PORT_DNS_TCP: "53",
      DOTLS_PORT: "udp://10.96.0.7:53",
      DOTLS_PORT_53_UDP: "udp://10.96.0.7:53",
      DOTLS_PORT_53_UDP_PROTO: "udp",
      DOTLS_PORT_53_UDP_PORT: "53",
      DOTLS_PORT_53_UDP_ADDR: "10.96.0.7",
      DOTLS_DNS_SERVICE_HOST: "10.96.0.8",
      DOTLS_DNS_PORT: "tcp://10.96.0.8:53",
      DOTLS_DNS_PORT_53_TCP_ADDR: "10.96.0.8",
    };
    expect(load({ env }).config).toEqual(load().config);
  });

  test("a variable that is empty or bad is named", () => {
    expect(
      problemsOf({
        env: { DOTLS_TLS_CA: "", DOTLS_TIMEOUT: "4", DOTLS_LISTEN: "localhost", DOTLS_LOG_LEVEL: "x" },
      }),
    ).toEqual([
      "DOTLS_TLS_CA: tls.ca: the value is empty (unset it for the default)",
      'DOTLS_LISTEN: listen[0]: "localhost": localhost is a name, not an address (write 127.0.0.1 and [::1])',
      "DOTLS_LOG_LEVEL: log.level: wants error, warn, info or debug",
      'DOTLS_TIMEOUT: timeout: "4" is not a duration (add the unit: 4s or 4ms)',
    ]);
  });
});
