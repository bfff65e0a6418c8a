import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { pause } from "../support/forwarder.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";
import { replace, type Service, startService, yamlFor } from "./service.ts";

async function clientOf({ url }: Service): Promise<UdpClient> {
  const client = await UdpClient.open(url);
  onTestFinished(() => client.close());
  return client;
}

async function answer(client: UdpClient, name: string): Promise<string> {
  return outcomeOf((await client.ask(name)).message);
}

describe("dotls reload", () => {
  it("makes the server take another upstream; what needs a restart is named", async () => {
    const [a, b] = [await start({ ttl: 300 }), await start({ ttl: 300 })];
    const service = await startService(yamlFor(a));
    const client = await clientOf(service);
    expect(await answer(client, "one.test")).toMatch(/^10\./);
    replace(service.file, yamlFor(b, "history: {size: 5}", "log: {level: warn}", "workers: 1"));
    const { code, stdout, stderr } = await service.run("reload");
    expect(stderr).toBe("");
    expect(stdout).toBe(
      `listening on ${service.url}\nlistening on ${service.url.replace("udp", "tcp")}\n` +
        "the new configuration is in force\nneeds a restart to change: history.size, workers\n",
    );
    expect(code).toBe(0);
    // What the one before had said is forgotten.
    expect(await answer(client, "one.test")).toMatch(/^10\./);
    expect([a.counters.queries, b.counters.queries]).toEqual([1, 1]);
    expect(await service.said(/the rest of it needs a restart/)).toBeTruthy();
    const json = await service.run("reload", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ needsRestart: ["history.size", "workers"] });
  });

  it("keeps what is in memory of servers that are still asked", async () => {
    const [a, b] = [await start({ ttl: 300 }), await start({ ttl: 300 })];
    const service = await startService(yamlFor(a));
    const client = await clientOf(service);
    await answer(client, "kept.test");
    await answer(client, "x.routed.test");
    const other = `tls://${b.address}:${b.port}#${b.name}`;
    const text = yamlFor(a, `routes: [{match: routed.test, upstreams: ["${other}"]}]`, "timeout: 3s");
    replace(service.file, text);
    expect((await service.run("reload")).code).toBe(0);
    await answer(client, "kept.test");
    expect([a.counters.queries, b.counters.queries]).toEqual([2, 0]);
    await answer(client, "x.routed.test");
    expect([a.counters.queries, b.counters.queries]).toEqual([2, 1]);
    // Back again: what the route's server has said does not hold for the others.
    replace(service.file, yamlFor(a));
    expect((await service.run("reload")).code).toBe(0);
    await answer(client, "x.routed.test");
    await answer(client, "kept.test");
    expect([a.counters.queries, b.counters.queries]).toEqual([3, 1]);
  });

  it("says where the file is wrong, and the server goes on with the one before", async () => {
    const upstream = await start();
    const service = await startService(yamlFor(upstream));
    const client = await clientOf(service);
    replace(service.file, yamlFor(upstream, "timout: 3s"));
    const problem = "dotls.yaml:5:1: timout: this key is not known to this version (did you mean timeout?)";
    expect(await service.run("reload")).toEqual({ code: 1, stdout: "", stderr: `dotls: ${problem}\n` });
    const socket = join(service.folder, "c.sock");
    expect(await service.run("reload", "--socket", socket)).toEqual({
      code: 1,
      stdout: "",
      stderr: `dotls: ${problem}\n`,
    });
    expect(await service.said(/before stays in force/)).toBe(
      `dotls reload: the configuration before stays in force: ${problem}`,
    );
    rmSync(service.file);
    expect((await service.run("reload", "--socket", socket)).stderr).toContain("the file is gone");
    expect(await answer(client, "still.test")).toMatch(/^10\./);
  });

  it("changes nothing where a new listener cannot be had", async () => {
    const [a, b, taken] = [await start(), await start(), await start()];
    const service = await startService(yamlFor(a, 'listen: ["127.0.0.1:0"]'));
    const client = await clientOf(service);
    const listen = `listen: ["127.0.0.1:0", "tcp://127.0.0.1:${taken.port}"]`;
    replace(service.file, yamlFor(b, listen));
    const { code, stderr } = await service.run("reload");
    expect(stderr).toMatch(/^dotls: cannot listen on tcp:.*EADDRINUSE/);
    expect(code).toBe(1);
    expect(await answer(client, "still.test")).toMatch(/^10\./);
    expect([a.counters.queries, b.counters.queries]).toEqual([1, 0]);
    expect(JSON.parse((await service.run("status", "--json")).stdout)).toMatchObject({
      listeners: [service.url, service.url.replace("udp", "tcp")],
    });
  });
});

describe("SIGHUP", () => {
  it("reads the configuration again, every time", async () => {
    const [a, b] = [await start(), await start()];
    const service = await startService(yamlFor(a));
    const client = await clientOf(service);
    replace(service.file, yamlFor(b));
    service.process.kill("SIGHUP");
    await service.said(/^SIGHUP: the new configuration is in force/);
    expect(await answer(client, "b.test")).toMatch(/^10\./);
    expect(b.counters.queries).toBe(1);
    replace(service.file, "upstreams: [");
    service.process.kill("SIGHUP");
    expect(await service.said(/before stays/)).toMatch(/dotls\.yaml:1:\d+: not YAML/);
    expect(await answer(client, "c.test")).toMatch(/^10\./);
  });
});

describe("watch", () => {
  it("takes a file that is written anew or replaced, and leaves a bad one alone", async () => {
    const [a, b, c] = [await start(), await start(), await start()];
    const service = await startService(yamlFor(a, "watch: true"));
    const client = await clientOf(service);
    writeFileSync(service.file, yamlFor(b, "watch: true"));
    await service.said(/the file has changed: the new configuration/);
    expect(await answer(client, "b.test")).toMatch(/^10\./);
    expect(b.counters.queries).toBe(1);
    service.news();
    replace(service.file, "timout: 1s");
    await service.said(/before stays in force: dotls\.yaml:1:1: timout/);
    replace(service.file, yamlFor(c, "watch: false"));
    await until(() => service.news().some((message) => message.includes("the new configuration")));
    expect(await answer(client, "c.test")).toMatch(/^10\./);
    expect(c.counters.queries).toBe(1);
    // Nobody looks any more.
    replace(service.file, yamlFor(a, "watch: true"));
    await pause(3500);
    expect(service.news()).toEqual([]);
  }, 30_000);

  it("follows the links of a ConfigMap", async () => {
    const [a, b] = [await start(), await start()];
    const service = await startService(yamlFor(a, "watch: true"));
    const { folder, file } = service;
    // As the kubelet lays it out: dotls.yaml -> ..data/dotls.yaml, ..data -> a folder for each version.
    const publish = (version: string, text: string): void => {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "dotls.yaml"), text);
      symlinkSync(version, join(folder, "..data_tmp"));
      renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    publish("..1", readFileSync(file, "utf8"));
    symlinkSync("..data/dotls.yaml", `${file}.new`);
    renameSync(`${file}.new`, file);
    await service.said(/the file has changed: the new configuration/);
    service.news();
    publish("..2", yamlFor(b, "watch: true"));
    rmSync(join(folder, "..1"), { recursive: true });
    await until(() => service.news().some((message) => message.includes("the new configuration")));
    expect(await answer(await clientOf(service), "b.test")).toMatch(/^10\./);
    expect(b.counters.queries).toBe(1);
  }, 30_000);
});
