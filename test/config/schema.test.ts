import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listOptions } from "../../src/config/schema.ts";
import { DEFAULT_TLS } from "../../src/config/tls-options.ts";
import { upstreamKeys } from "../../src/config/upstream-schema.ts";
import { load, problemsOf } from "../support/config-folder.ts";

const pin = createHash("sha256").update("a public key").digest("base64");
const { prewarm: _, ...usualTls } = DEFAULT_TLS;

describe("keys that do not exist", () => {
  test.each([
    ["upstream: [1.1.1.1]", "1:1: upstream", "did you mean upstreams?"],
    ["listn: ['127.0.0.1:53']", "1:1: listn", "did you mean listen?"],
    ["timout: 4s", "1:1: timout", "did you mean timeout?"],
    ["TLS: {ca: system}", "1:1: TLS", "did you mean tls?"],
    ["tls: {cas: system}", "1:7: tls.cas", "did you mean tls.ca?"],
    ["tls:\n  minversion: TLSv1.2", "2:3: tls.minversion", "did you mean tls.minVersion?"],
    ["acess: {allow: [10.0.0.0/8]}", "1:1: acess", "did you mean access?"],
    ["access: {alow: [10.0.0.0/8]}", "1:10: access.alow", "did you mean access.allow?"],
    ["histroy: {size: 1}", "1:1: histroy", "did you mean history?"],
    ["history: {sizes: 1}", "1:11: history.sizes", "did you mean history.size?"],
    ["history: {flie: x}", "1:11: history.flie", "did you mean history.file?"],
    ["history: {kep: 1d}", "1:11: history.kep", "did you mean history.keep?"],
    ["history: {rotat: 1MiB}", "1:11: history.rotat", "did you mean history.rotate?"],
    ["contrl: {socket: none}", "1:1: contrl", "did you mean control?"],
    ["control: {sokcet: none}", "1:11: control.sokcet", "did you mean control.socket?"],
    ["logs: {level: info}", "1:1: logs", "did you mean log?"],
    ["log: {levle: info}", "1:7: log.levle", "did you mean log.level?"],
    ["level: info", "1:1: level", "did you mean log.level?"],
    ["ca: system", "1:1: ca", "did you mean tls.ca?"],
    ["control: {ca: system}", "1:11: control.ca", "did you mean tls.ca?"],
    ["upstreams: [{addres: 1.1.1.1}]", "1:14: upstreams[0].addres", "did you mean address?"],
    [
      "upstreams: [{address: 1.1.1.1, weight: 3}]",
      "1:32: upstreams[0].weight",
      `an upstream takes ${upstreamKeys().join(", ")}`,
    ],
    ["routes: [{mach: a, upstreams: [1.1.1.1]}]", "1:11: routes[0].mach", "did you mean match?"],
    ["routes: [{via: 1.1.1.1}]", "1:11: routes[0].via", "a route takes match, upstreams, policy"],
    [
      "routes: [{match: a, upstreams: [{adress: 1.1.1.1}]}]",
      "1:34: routes[0].upstreams[0].adress",
      "did you mean address?",
    ],
    ["localNames: {onions: false}", "1:14: localNames.onions", "did you mean localNames.onion?"],
    ["bypass: {enable: true}", "1:10: bypass.enable", "did you mean bypass.enabled?"],
    ["bootstap: [9.9.9.9]", "1:1: bootstap", "did you mean bootstrap?"],
  ])("%s", (yaml, place, hint) => {
    expect(problemsOf({ yaml })).toContain(
      `dotls.yaml:${place}: this key is not known to this version (${hint})`,
    );
  });

  test.each(["tunnel", "zone", "mesh"])("%s has nothing near it", (key) => {
    expect(problemsOf({ yaml: `${key}: 1` })).toEqual([
      `dotls.yaml:1:1: ${key}: this key is not known to this version`,
    ]);
  });

  test("no word but a key passes at any level", () => {
    const known = new Set(listOptions().flatMap(({ key }) => key.split(".")));
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{1,12}$/),
        fc.constantFrom("", "tls", "history", "log"),
        (word, section) => {
          fc.pre(!known.has(word));
          const yaml = section === "" ? `"${word}": 1` : `${section}: {"${word}": 1}`;
          const key = section === "" ? word : `${section}.${word}`;
          expect(problemsOf({ yaml })[0]).toContain(`: ${key}: this key is not known`);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("values that cannot be", () => {
  test.each([
    ["listen: 127.0.0.1:53", "1:9: listen: wants a list of addresses"],
    ["listen: []", "1:9: listen: the list of addresses is empty"],
    ["listen:", "1:8: listen: wants a list of addresses, and got nothing"],
    ["listen: [53]", "1:10: listen[0]: wants an address and a port, and got the number 53"],
    ["listen: ['127.0.0.1:53', null]", "1:26: listen[1]: wants an address and a port, and got nothing"],
    ["listen: [{port: 53}]", "1:10: listen[0]: wants an address and a port, and got a section"],
    ["upstreams: []", "1:12: upstreams: the list of upstreams is empty"],
    ["upstreams: tls://1.1.1.1", "1:12: upstreams: wants a list of upstreams"],
    ["upstreams: [853]", "1:13: upstreams[0]: wants an upstream"],
    ["upstreams: [[1.1.1.1]]", "1:13: upstreams[0]: wants an upstream"],
    ["upstreams: [null]", "1:13: upstreams[0]: wants an upstream"],
    [
      "upstreams: [quad8]",
      '1:13: upstreams[0]: "quad8" is neither an address nor a preset (did you mean quad9?)',
    ],
    ["timeout: 4", "1:10: timeout: wants a duration with its unit, as in 4s, and got the number 4"],
    ["timeout: '4'", '1:10: timeout: "4" is not a duration (add the unit: 4s or 4ms)'],
    ["timeout: 0s", "1:10: timeout: 0ms is outside of 100ms to 1m"],
    ["timeout: 61s", "1:10: timeout: 61s is outside of 100ms to 1m"],
    ["timeout: true", "1:10: timeout: wants a duration"],
    ["timeout:", "1:9: timeout: wants a duration with its unit, as in 4s, and got nothing"],
    ["tls: yes", "1:6: tls: wants a section"],
    ["tls: [ca]", "1:6: tls: wants a section"],
    [
      "tls: {ca: 1}",
      "1:11: tls.ca: wants system, bundled, or the path of a PEM file or of a folder of them, and got",
    ],
    ["tls: {ca: null}", "1:11: tls.ca: wants system"],
    ["tls: {ca: ''}", "1:11: tls.ca: the path is empty"],
    ["tls: {ca: none}", '1:11: tls.ca: "none" is not a path'],
    ["tls: {minVersion: TLSv1.1}", "1:19: tls.minVersion: wants TLSv1.2 or TLSv1.3"],
    ["tls: {minVersion: 1.2}", "1:19: tls.minVersion: wants TLSv1.2 or TLSv1.3"],
    ["tls: {minVersion: SSLv3}", "1:19: tls.minVersion: wants TLSv1.2 or TLSv1.3"],
    ["access: {allow: []}", "1:17: access.allow: the list of prefixes is empty"],
    ["access: {allow: [10.1.2.3/8]}", '1:18: access.allow[0]: "10.1.2.3/8" has bits set behind its length'],
    ["access: {allow: any}", "1:17: access.allow: wants a list of prefixes"],
    ["cache: {size: 64MB}", '1:15: cache.size: "64MB" is not a size (write 64MiB)'],
    ["cache: {size: -1}", '1:15: cache.size: "-1" is not a size'],
    ["cache: {size: 1000}", "1:15: cache.size: 1000 is outside of 4MiB to 2GiB"],
    ["cache: {size: 3GiB}", "1:15: cache.size: 3GiB is outside of 4MiB to 2GiB"],
    ["cache: {size: []}", "1:15: cache.size: wants a size"],
    ["cache: {file: yes}", '1:15: cache.file: "yes" is not a path'],
    ["cache: {minTtl: 60}", "1:17: cache.minTtl: wants a duration"],
    ["cache: {minTtl: 2h}", "1:17: cache.minTtl: 2h is outside of 0ms to 1h"],
    ["cache: {maxTtl: 0s}", "1:17: cache.maxTtl: 0ms is outside of 1s to 7d"],
    ["cache: {maxTtl: 8d}", "1:17: cache.maxTtl: 8d is outside of 1s to 7d"],
    ["cache: {negativeTtl: 4h}", "1:22: cache.negativeTtl: 4h is outside of 0ms to 3h"],
    ["cache: {failureTtl: 10m}", "1:21: cache.failureTtl: 10m is outside of 1s to 5m"],
    ["cache: {serveStale: always}", "1:21: cache.serveStale: wants off, on-failure or immediate"],
    ["cache: {serveStale: true}", "1:21: cache.serveStale: wants off, on-failure or immediate"],
    ["cache: {staleFor: 1s}", "1:19: cache.staleFor: 1s is outside of 1m to 7d"],
    ["cache: {prefetch: maybe}", '1:19: cache.prefetch: "maybe" is neither true nor false'],
    ["history: {size: -1}", '1:17: history.size: "-1" is not a whole number'],
    ["history: {size: 1.5}", '1:17: history.size: "1.5" is not a whole number'],
    ["history: {size: many}", '1:17: history.size: "many" is not a whole number'],
    ["history: {size: 1000001}", "1:17: history.size: 1000001 is outside of 0 to 1000000"],
    ["history: {size: []}", "1:17: history.size: wants a whole number"],
    ["history: {file: off}", '1:17: history.file: "off" is not a path; write none for none'],
    [
      "history: {file: false}",
      "1:17: history.file: wants the path of a file, or null, and got the boolean false",
    ],
    ["history: {file: ''}", "1:17: history.file: the path is empty"],
    ["history: {keep: 7}", "1:17: history.keep: wants a duration"],
    ["history: {keep: 1s}", "1:17: history.keep: 1s is outside of 1m to 3650d"],
    ["history: {rotate: 64MB}", '1:19: history.rotate: "64MB" is not a size (write 64MiB)'],
    ["history: {total: 1KiB}", "1:18: history.total: 1KiB is outside of 4KiB to 1024GiB"],
    ["history: {every: 100ms}", "1:18: history.every: 100ms is outside of 1s to 1h"],
    [
      "history: {privacy: none}",
      "1:20: history.privacy: wants full, mask-clients, hide-clients or counters-only",
    ],
    ["history: {ignore: a..b}", '1:19: history.ignore[0]: "a..b" is not a name'],
    [
      "dnstap: {to: /run/dnstap.sock}",
      '1:14: dnstap.to: "/run/dnstap.sock" is not a place for dnstap (write it as unix:/run/dnstap.sock or tcp://127.0.0.1:6000)',
    ],
    [
      "dnstap: {to: 'tcp://localhost:6000'}",
      '1:14: dnstap.to: "tcp://localhost:6000" names no IP address of a host',
    ],
    ["dnstap: {to: 'tcp://127.0.0.1'}", '1:14: dnstap.to: "tcp://127.0.0.1" names no port'],
    ["dnstap: {messages: [resolver]}", "1:21: dnstap.messages[0]: wants client or forwarder"],
    ["dnstap: {identity: ''}", "1:20: dnstap.identity: it has 0 bytes, and not 1 to 255"],
    ["dnstap: {buffer: 1KiB}", "1:18: dnstap.buffer: 1KiB is outside of 256KiB to 1GiB"],
    ["history: {rotate: 1KiB}", "1:19: history.rotate: 1KiB is outside of 4KiB to 1024GiB"],
    ["control: {socket: no}", '1:19: control.socket: "no" is not a path'],
    ["control: {socket: 5}", "1:19: control.socket: wants auto, none, or a path, and got the number 5"],
    ["log: {level: trace}", "1:14: log.level: wants error, warn, info or debug"],
    ["log: debug", "1:6: log: wants a section"],
  ])("%s", (yaml, problem) => {
    expect(problemsOf({ yaml })[0]).toContain(`dotls.yaml:${problem}`);
  });

  test("all of them are told at once, in the order of the text", () => {
    const yaml = [
      "listen: [':53']",
      "timeout: 4",
      "cahce: {}",
      "tls:",
      "  minVersion: TLSv1.1",
      "  groop: x",
      "log: {level: x}",
      "upstreams:",
      "  - quad8",
      "  - {address: 1.1.1.1, port: 0, pins: [x]}",
    ].join("\n");
    expect(problemsOf({ yaml }).map((line) => line.split(": ", 2).join(" "))).toEqual([
      "dotls.yaml:1:10 listen[0]",
      "dotls.yaml:2:10 timeout",
      "dotls.yaml:3:1 cahce",
      "dotls.yaml:5:15 tls.minVersion",
      "dotls.yaml:6:3 tls.groop",
      "dotls.yaml:7:14 log.level",
      "dotls.yaml:9:5 upstreams[0]",
      "dotls.yaml:10:30 upstreams[1].port",
      "dotls.yaml:10:40 upstreams[1].pins[0]",
    ]);
  });
});

describe("an upstream in the long form", () => {
  const upstream = (yaml: string): unknown => load({ yaml: `upstreams: [${yaml}]` }).config.upstreams[0];

  test("with everything", () => {
    expect(
      upstream(
        `{addresses: [9.9.9.9, '2620:FE::fe'], port: 8853, name: DNS.quad9.net, pins: ['sha256/${pin}'], ca: bundled}`,
      ),
    ).toEqual({
      protocol: "tls",
      addresses: ["9.9.9.9", "2620:fe::fe"],
      port: 8853,
      name: "dns.quad9.net",
      path: "/dns-query",
      method: "POST",
      ddr: false,
      pins: [pin],
      certHashes: [],
      tls: { ...usualTls, ca: "bundled" },
      padding: 128,
      insecure: false,
      label: "dns.quad9.net:8853",
    });
  });

  test("with as little as an address", () => {
    expect(upstream("{address: fe80::1%eth0}")).toMatchObject({
      addresses: ["fe80::1%eth0"],
      port: 853,
      name: null,
      pins: [],
      tls: usualTls,
      label: "tls://[fe80::1%eth0]",
    });
    expect(upstream("{address: 1.1.1.1, name: null, port: '853'}")).toMatchObject({ name: null, port: 853 });
  });

  test.each([
    ["{port: 853}", "1:13: upstreams[0]: has no addresses (add addresses: [ADDRESS])"],
    ["{address: 1.1.1.1, addresses: [1.0.0.1]}", "1:13: upstreams[0]: has both address and addresses"],
    ["{addresses: [1.1.1.1, 1.1.1.1]}", "1:13: upstreams[0]: has the same address twice"],
    ["{addresses: []}", "1:25: upstreams[0].addresses: the list of IP addresses is empty"],
    ["{address: '1.1.1.1:853'}", '1:23: upstreams[0].address: "1.1.1.1:853" is not an IP address'],
    ["{address: dns.google}", '1:23: upstreams[0].address: "dns.google" is not an IP address'],
    ["{address: 1.1.1.1, port: dot}", '1:38: upstreams[0].port: "dot" is not a port'],
    ["{address: 1.1.1.1, port: 853.5}", '1:38: upstreams[0].port: "853.5" is not a port'],
    ["{address: 1.1.1.1, name: 1.1.1.1}", '1:38: upstreams[0].name: "1.1.1.1" is an address where the name'],
    ["{address: 1.1.1.1, name: ''}", '1:38: upstreams[0].name: "" is not the name of a host'],
    ["{address: 1.1.1.1, pins: []}", "1:38: upstreams[0].pins: the list of pins is empty"],
    ["{address: 1.1.1.1, pins: x}", "1:38: upstreams[0].pins: wants a list of pins"],
    ["{address: 1.1.1.1, ca: null}", "1:36: upstreams[0].ca: wants system"],
  ])("%s", (yaml, problem) => {
    expect(problemsOf({ yaml: `upstreams: [${yaml}]` })[0]).toContain(`dotls.yaml:${problem}`);
  });
});
