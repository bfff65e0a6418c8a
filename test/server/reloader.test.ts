import { describe, expect, it } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import type { LoadedConfig } from "../../src/config/load.ts";
import type { ReloadReport } from "../../src/control/status.ts";
import { Reloader } from "../../src/server/reloader.ts";
import { logSpy } from "../observe/log-spy.ts";
import { pause } from "../support/forwarder.ts";
import { plainConfig } from "../support/serve.ts";

const report: ReloadReport = { listeners: [], needsRestart: [] };
const loaded: LoadedConfig = { config: plainConfig, file: "/etc/dotls.yaml", origins: new Map() };

describe("reading the configuration again", () => {
  it("is done once for all who ask while somebody waits, and by one after the other", async () => {
    let loads = 0;
    let running = 0;
    let most = 0;
    const reloader = new Reloader({
      load: () => {
        loads++;
        return loaded;
      },
      server: {
        reload: async () => {
          most = Math.max(most, ++running);
          await pause(20);
          running--;
          return report;
        },
        refused: () => {},
      },
      log: logSpy().log,
    });
    const first = reloader.reload("one");
    await pause(5);
    // The first one has read the file already: these want what is in it now.
    const others = Array.from({ length: 10 }, () => reloader.reload("more"));
    expect(await Promise.all([first, ...others])).toHaveLength(11);
    expect([loads, most]).toEqual([2, 1]);
  });

  it("says each thing that is wrong on a line of its own, and works again after that", async () => {
    const { log, lines } = logSpy();
    const refused: string[] = [];
    let good = false;
    const problem = (where: string): ConfigError["problems"][number] => ({
      where,
      key: "k",
      message: "is wrong",
      hint: null,
    });
    const reloader = new Reloader({
      load: () => {
        if (good) return loaded;
        throw new ConfigError([problem("a:1:1"), problem("b:2:2")]);
      },
      server: { reload: () => Promise.resolve(report), refused: () => refused.push("server") },
      log,
      onRefused: (why) => refused.push(why),
    });
    await expect(reloader.reload("SIGHUP")).rejects.toBeInstanceOf(ConfigError);
    expect(lines.map(({ message }) => message)).toEqual([
      "SIGHUP: the configuration before stays in force: a:1:1: k: is wrong",
      "SIGHUP: the configuration before stays in force: b:2:2: k: is wrong",
    ]);
    expect(refused).toEqual(["server", "a:1:1: k: is wrong"]);
    good = true;
    expect(await reloader.reload("SIGHUP")).toBe(report);
  });

  it("does not say that the one before stays when something fails that comes after it", async () => {
    const { log, lines } = logSpy();
    const refused: string[] = [];
    const reloader = new Reloader({
      load: () => loaded,
      server: { reload: () => Promise.resolve(report), refused: () => refused.push("server") },
      log,
      onTaken: () => {
        throw new Error("nobody listens");
      },
      onRefused: (why) => refused.push(why),
    });
    await expect(reloader.reload("SIGHUP")).rejects.toThrow("nobody listens");
    expect(lines.map(({ message }) => message)).toEqual(["SIGHUP: the new configuration is in force"]);
    expect(refused).toEqual([]);
  });
});
