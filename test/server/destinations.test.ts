import { describe, expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { DEFAULT_TLS, mergeTls } from "../../src/config/tls-options.ts";
import { readUpstream } from "../../src/config/upstream-spec.ts";
import { destinationsOf, zonesChanged } from "../../src/server/destinations.ts";
import { plainConfig } from "../support/serve.ts";

const a = readUpstream("tls://192.0.2.1#a.test", DEFAULT_TLS);
const b = readUpstream("tls://192.0.2.2#b.test", DEFAULT_TLS);
const both = { ...a, addresses: ["192.0.2.1", "192.0.2.9"] };

function config(upstreams: Config["upstreams"], routes: Record<string, Config["upstreams"]> = {}): Config {
  return {
    ...plainConfig,
    upstreams,
    routes: Object.entries(routes).map(([suffix, upstreams]) => ({
      match: [{ suffix, apex: true, written: suffix }],
      upstreams,
      policy: "failover",
    })),
  };
}

function changed(before: Config, after: Config, resolvConf: readonly [string, string] = ["", ""]): string[] {
  return zonesChanged(destinationsOf(before, resolvConf[0]), destinationsOf(after, resolvConf[1])).sort();
}

describe("the names of which answers in memory may not hold any more", () => {
  test("none where no server was taken away, in whatever order they are", () => {
    expect(changed(config([a]), config([a]))).toEqual([]);
    expect(changed(config([a, b]), config([b, a]))).toEqual([]);
    expect(changed(config([a]), config([both, b]))).toEqual([]);
    expect(changed(config([a]), config([{ ...a, padding: 64, label: "other" }]))).toEqual([]);
  });

  test("all where a server is not to be asked any more", () => {
    expect(changed(config([a, b]), config([a]))).toEqual(["."]);
    expect(changed(config([both]), config([a]))).toEqual(["."]);
    expect(changed(config([a]), config([b]))).toEqual(["."]);
  });

  test.each([
    ["another name", { name: "other.test" }],
    ["more proof", { tls: mergeTls(DEFAULT_TLS, { ca: "bundled" }) }],
    ["a pin", { pins: ["x"] }],
    ["another port", { port: 8853 }],
  ])("all where it has to have %s now", (_, change) => {
    expect(changed(config([a]), config([{ ...a, ...change }]))).toEqual(["."]);
  });

  test("those of a route that is new, gone, or goes to others", () => {
    expect(changed(config([a]), config([a], { "corp.test": [b] }))).toEqual(["corp.test"]);
    expect(changed(config([a], { "corp.test": [b] }), config([a]))).toEqual(["corp.test"]);
    expect(changed(config([a], { "corp.test": [b] }), config([a], { "corp.test": [a] }))).toEqual([
      "corp.test",
    ]);
    expect(changed(config([a], { "corp.test": [b] }), config([a], { "corp.test": [b, a] }))).toEqual([]);
    expect(changed(config([a], { ".": [b] }), config([a], { ".": [a] }))).toEqual(["."]);
  });

  test("those of the cluster where it or its server is another one", () => {
    const conf = (server: string): string =>
      `nameserver ${server}\nsearch ns.svc.cluster.local svc.cluster.local cluster.local\n`;
    const auto: Config = { ...config([a]), cluster: "auto" };
    expect(changed(auto, auto, [conf("10.0.0.10"), conf("10.0.0.10")])).toEqual([]);
    expect(changed(auto, auto, [conf("10.0.0.10"), conf("10.0.0.11")])).toEqual(["cluster.local"]);
    expect(changed(config([a]), auto, ["", conf("10.0.0.10")])).toEqual(["cluster.local"]);
  });
});
