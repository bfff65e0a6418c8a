import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { replace, type Service, startService, yamlFor } from "../cli/service.ts";
import { canShare } from "../server/worker-host.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { outcomeOf } from "../support/serve.ts";
import { UdpClient } from "../support/udp-client.ts";

/** All by which a configuration is known from outside: what must be the same after a reload that failed. */
async function seen({ stdout }: Service): Promise<Record<string, unknown>> {
  const control = /^control at (\S+)$/m.exec(stdout())![1]!;
  const get = async (path: string): Promise<Response> => fetch(`${control}${path}`);
  const status = (await (await get("/v1/status")).json()) as {
    listeners: string[];
    upstreams: { label: string; connections: number }[];
    history: { file: { path: string } | null };
    bypass: unknown;
  };
  const metrics = await (await get("/metrics")).text();
  return {
    config: await (await get("/v1/config")).json(),
    listeners: status.listeners,
    upstreams: status.upstreams.map(({ label, connections }) => [label, connections]),
    history: status.history.file?.path,
    bypass: status.bypass,
    information: /^dotls_config_info.*$/m.exec(metrics)?.[0],
  };
}

async function lastReload({ stdout }: Service): Promise<string | undefined> {
  const control = /^control at (\S+)$/m.exec(stdout())![1]!;
  const text = await (await fetch(`${control}/metrics`)).text();
  return /^dotls_config_last_reload_successful (\d)$/m.exec(text)?.[1];
}

describe.each(canShare ? [1, 2] : [1])("a reload that fails, with %i workers,", (workers) => {
  async function service(a: ScriptedUpstream): Promise<{
    service: Service;
    /** The configuration that it has, with other things in it. */
    yaml: (upstream: ScriptedUpstream, ...more: string[]) => string;
    ask: (name: string) => Promise<string>;
    history: string;
  }> {
    const base = (upstream: ScriptedUpstream, ...more: string[]): string =>
      yamlFor(upstream, `workers: ${workers}`, "control: {http: 127.0.0.1:0}", "cache: {size: 0}", ...more);
    const running = await startService(base(a, "listen: [127.0.0.1:0]"));
    const { folder, url, file } = running;
    const history = join(folder, "old.ndjson");
    const listen = `listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]`;
    const yaml = (upstream: ScriptedUpstream, ...more: string[]): string =>
      base(upstream, ...(more.some((line) => line.startsWith("listen")) ? [] : [listen]), ...more);
    replace(file, yaml(a, `history: {file: "${history}", every: 1s}`));
    expect((await running.run("reload")).stderr).toBe("");
    const client = await UdpClient.open(url);
    onTestFinished(() => client.close());
    const ask = async (name: string): Promise<string> => outcomeOf((await client.ask(name)).message);
    expect(await ask("before.test")).toMatch(/^10\./);
    return { service: running, yaml, ask, history };
  }

  it("changes nothing, says why, and the next good one works", async () => {
    const [a, b] = [await start(), await start()];
    const { service: running, yaml, ask, history } = await service(a);
    const { file, folder } = running;
    const fresh = join(folder, "new.ndjson");
    mkdirSync(join(folder, "a-folder"));
    const others = `routes: [{match: corp.test, upstreams: ["udp://127.0.0.9"]}]`;
    const taken = `listen: ["udp://127.0.0.1:0", "udp://127.0.0.2:0", "tcp://127.0.0.1:${a.port}"]`;
    const bad: [string, RegExp][] = [
      [yaml(b, others, taken, `history: {file: "${fresh}"}`), /cannot listen on tcp:.*EADDRINUSE/],
      [
        yaml(b, others, `history: {file: "${join(folder, "none", "x")}"}`),
        /cannot write the history.*ENOENT/,
      ],
      [yaml(b, others, `history: {file: "${join(folder, "a-folder")}"}`), /cannot write the history.*EISDIR/],
      [yaml(b, "nonsense: 1"), /nonsense: this key is not known/],
      [yaml(b, "tls: {ca: /none.pem}"), /./],
      ["\t:", /./],
    ];
    const before = await seen(running);
    expect(await lastReload(running)).toBe("1");
    let asked = a.counters.queries;
    for (const [text, why] of bad) {
      replace(file, text);
      const { code, stderr } = await running.run("reload");
      expect([code, stderr]).toEqual([1, expect.stringMatching(why)]);
      expect(await seen(running)).toEqual(before);
      expect(await lastReload(running)).toBe("0");
      expect(await ask("after.test")).toMatch(/^10\./);
      expect([a.counters.queries, b.counters.queries]).toEqual([++asked, 0]);
    }
    // What was opened for a configuration that did not come is not left lying about.
    expect(existsSync(fresh)).toBe(false);
    await until(() => readFileSync(history, "utf8").split("\n").length - 1 === asked);

    replace(file, yaml(b, others, `history: {file: "${fresh}", every: 1s}`));
    expect((await running.run("reload")).stderr).toBe("");
    expect(await lastReload(running)).toBe("1");
    expect(await ask("new.test")).toMatch(/^10\./);
    expect([a.counters.queries, b.counters.queries]).toEqual([asked, 1]);
    await until(() => existsSync(fresh) && readFileSync(fresh, "utf8").includes("new.test"));
    expect(readFileSync(history, "utf8")).not.toContain("new.test");
  }, 60_000);

  it("does not empty or remove a history file that was there", async () => {
    const [a, b] = [await start(), await start()];
    const { service: running, yaml } = await service(a);
    const old = join(running.folder, "there.ndjson");
    for (const text of ["", '{"v":1}\n']) {
      writeFileSync(old, text);
      const taken = `listen: ["tcp://127.0.0.1:${a.port}"]`;
      replace(running.file, yaml(b, taken, `history: {file: "${old}"}`));
      expect((await running.run("reload")).code).toBe(1);
      expect(readFileSync(old, "utf8")).toBe(text);
    }
  }, 30_000);
});
