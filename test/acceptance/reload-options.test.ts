import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import { folderWith } from "../support/config-folder.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { outcomeOf, plainConfig, serve, specOf } from "../support/serve.ts";

describe("a reload", () => {
  it("takes over access, local names and the time that clients wait", async () => {
    const upstream = await start({ delay: ({ name }) => (name.startsWith("slow") ? 3000 : 0) });
    const upstreams = [specOf(upstream)];
    const { server, client } = await serve(upstreams);
    const config: Config = { ...plainConfig, upstreams };
    await server.reload({ ...config, localNames: { ...config.localNames, test: true } });
    expect(outcomeOf((await client.ask("a.test")).message)).toMatch(/^rcode 3/);
    await server.reload({ ...config, access: { allow: ["192.0.2.0/24"] } });
    expect(outcomeOf((await client.ask("a.test")).message)).toMatch(/^rcode 5 18/);
    await server.reload({ ...config, timeout: 300 });
    const { message, milliseconds } = await client.ask("slow.test");
    expect(outcomeOf(message)).toContain("no answer within 0.3 s");
    expect(milliseconds).toBeLessThan(2500);
  });

  it("begins and ends a history file; one that cannot be written is a reason to refuse it all", async () => {
    const upstream = await start();
    const upstreams = [specOf(upstream)];
    const folder = folderWith({});
    const { server, client } = await serve(upstreams);
    const at = (file: string | null): Config => ({
      ...plainConfig,
      upstreams,
      history: { ...plainConfig.history, file, every: 50, keep: 86_400_000, rotate: 1_000_000 },
    });
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    const lines = (file: string): number => readFileSync(file, "utf8").split("\n").length - 1;
    await server.reload(at(one));
    await client.ask("a.test");
    await server.reload(at(two));
    await client.ask("b.test");
    await until(() => existsSync(two) && lines(two) === 1);
    expect(lines(one)).toBe(1);
    await expect(server.reload(at(join(folder, "none", "x")))).rejects.toMatchObject({
      code: "ERR_DOTLS_HISTORY_FILE",
    });
    await client.ask("c.test");
    await until(() => lines(two) === 2);
    await server.reload(at(null));
    expect(server.status().history.file).toBeNull();
  });

  it("names what needs a restart, and leaves it as it is", async () => {
    const upstream = await start();
    const upstreams = [specOf(upstream)];
    const { server } = await serve(upstreams);
    const report = await server.reload({
      ...plainConfig,
      upstreams,
      workers: 2,
      io: "dgram",
      cache: { ...NO_CACHE, size: 8_388_608, maxTtl: 1000 },
      control: { ...plainConfig.control, socket: "/tmp/other.sock" },
      history: { ...plainConfig.history, size: 7 },
      state: "/tmp/state",
      user: "nobody",
      group: "nogroup",
      timeout: 1234,
    });
    expect([...report.needsRestart].sort()).toEqual(
      ["cache.size", "control.socket", "group", "history.size", "io", "state", "user", "workers"].sort(),
    );
    expect(server.status()).toMatchObject({ workers: 1, cache: null, history: { size: 100 } });
    // It is compared with what is in force, not with what was asked for before.
    expect((await server.reload({ ...plainConfig, upstreams })).needsRestart).toEqual([]);
  });

  it("says whether there may be a bypass", async () => {
    const upstream = await start();
    const { lines, server } = await serve([specOf(upstream)], { bypass: { enabled: true, most: 60_000 } });
    const config: Config = { ...plainConfig, upstreams: [specOf(upstream)] };
    const isOpen = (): boolean => (server.status().bypass?.open ?? null) !== null;
    expect(isOpen()).toBe(false);
    await server.reload({ ...config, bypass: { enabled: true, most: 1000 } });
    expect(server.status().bypass).toEqual({ enabled: true, open: null });
    await server.reload(config);
    expect(server.status().bypass).toEqual({ enabled: false, open: null });
    expect(lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});
