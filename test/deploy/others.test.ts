import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { warningsOf } from "../../src/config/warnings.ts";
import { loadDeployed } from "./configs.ts";
import { file, root } from "./repository.ts";

const configs = readdirSync(join(root, "deploy"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith("dotls.yaml"))
  .sort();

describe("the configurations of deploy/", () => {
  it("are there for each way", () => {
    const ways = configs.map((path) => path.split("/")[0]);
    expect(new Set(ways)).toEqual(
      new Set(["compose", "container", "kustomize", "launchd", "openwrt", "systemd", "windows"]),
    );
  });

  it.each(configs)("%s loads, and needs no warning", async (path) => {
    const config = await loadDeployed(file(join("deploy", path)));
    expect(warningsOf(config)).toEqual([]);
  });
});

describe("the launchd job", () => {
  const plist = file("deploy/launchd/dotls.plist").replaceAll(/<!--[^]*?-->/g, "");

  it("is well formed, each key followed by its value", () => {
    const open: string[] = [];
    for (const [, closing, name, empty] of plist.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (closing === "/") expect(open.pop()).toBe(name);
      else if (empty !== "/") open.push(name!);
    }
    expect(open).toEqual([]);
    for (const [pair] of plist.matchAll(/<key>[A-Za-z]+<\/key>\s*<\/?\w+/g)) {
      expect(pair).toMatch(/<(?:string|array|dict|integer|true|false)$/);
    }
  });

  it("starts dotls with the system, again when it ends, and gives it time to stop", () => {
    expect(plist).toMatch(/<string>\/usr\/local\/bin\/dotls<\/string>\s*<string>serve<\/string>/);
    expect(plist).toMatch(/<key>RunAtLoad<\/key>\s*<true\/>/);
    expect(plist).toMatch(/<key>KeepAlive<\/key>\s*<true\/>/);
    expect(Number(/<key>ExitTimeOut<\/key>\s*<integer>(\d+)/.exec(plist)![1])).toBeGreaterThan(5 + 4);
  });
});

describe("the router", () => {
  it("asks dotls where it listens, and nobody else", async () => {
    const { listen, access } = await loadDeployed(file("deploy/openwrt/dotls.yaml"));
    const uci = file("deploy/openwrt/dhcp");
    const [, address, port] = /^\tlist server '([\d.]+)#(\d+)'$/m.exec(uci)!;
    expect(listen).toContainEqual({ transport: "udp", address, port: Number(port) });
    expect(uci.match(/list server/g)).toHaveLength(1);
    expect(uci).toMatch(/^\toption noresolv '1'$/m);
    expect(access.allow).toContain("192.168.1.1/32");
  });
});
