import { execFileSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { folderWith } from "../support/config-folder.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { failuresOf, load, pause, within } from "../support/forwarder.ts";
import { describeWith, program } from "../support/needs.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { UdpClient } from "../support/udp-client.ts";

const HOUR = 3600;

interface Jumpy {
  readonly daemon: Daemon;
  readonly client: UdpClient;
  /** Sets its wall clock so many seconds off ours. The monotonic one stays as it is. */
  readonly jump: (seconds: number) => void;
}

/** A daemon whose wall clock is ours to set. */
async function startJumpy(servers: readonly ScriptedUpstream[]): Promise<Jumpy> {
  const folder = folderWith({ offset: "+0" });
  const preloaded = execFileSync(program("faketime")!, ["-m", "-f", "+0", "printenv", "LD_PRELOAD"]);
  const daemon = await startDaemon(servers, {
    env: {
      LD_PRELOAD: preloaded.toString().trim(),
      FAKETIME_TIMESTAMP_FILE: join(folder, "offset"),
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
  });
  const client = await UdpClient.open(daemon.url);
  onTestFinished(() => client.close());
  return {
    daemon,
    client,
    jump: (seconds) => {
      // In one step, as it is read at any moment.
      writeFileSync(join(folder, "next"), `${seconds < 0 ? "" : "+"}${seconds}`);
      renameSync(join(folder, "next"), join(folder, "offset"));
    },
  };
}

const ways: readonly (readonly [string, number, string])[] = [
  ["forward", HOUR, "this machine slept, or its clock was set forward: connecting anew"],
  ["back", -HOUR, "the clock was set back: connecting anew"],
];

describeWith(["faketime"], "T4: the clock jumps an hour", () => {
  test.each(ways)("%s under load: nobody gets SERVFAIL, nobody waits 2 s", async (_, seconds, line) => {
    const server = await start();
    const { daemon, client, jump } = await startJumpy([server]);
    const replies = await load(client, 100, 5000, { at: [[1000, () => jump(seconds)]] });
    expect(failuresOf(replies)).toEqual([]);
    expect(within(replies, 1)).toBeLessThan(2000);
    expect(daemon.log()).toContain(line);
    expect(daemon.log()).not.toContain("is down");
    // The old connection is not believed any more.
    expect(server.counters.connections).toBe(2);
  });

  test.each(ways)(
    "%s while all servers refuse: the first answer comes within 2 s of their return",
    async (_, seconds, line) => {
      const servers = [await start(), await start()];
      const { daemon, client, jump } = await startJumpy(servers);
      expect(failuresOf([await client.ask("first.test")])).toEqual([]);
      for (const server of servers) await server.refuse();
      // The pauses between trials grow meanwhile.
      const during = await load(client, 50, 6000, { at: [[3000, () => jump(seconds)]] });
      expect(failuresOf(during)).toHaveLength(during.length);
      await until(() => daemon.log().includes(line));
      for (const server of servers) await server.listen();
      const after = await load(client, 50, 3000, { prefix: "after" });
      const answered = after.filter((reply) => failuresOf([reply]).length === 0);
      expect(Math.min(...answered.map(({ askedAt, milliseconds }) => askedAt + milliseconds))).toBeLessThan(
        2000,
      );
      expect(failuresOf(after.filter(({ askedAt }) => askedAt > 2000))).toEqual([]);
    },
  );

  test("while it sleeps, and its connections are gone unheard: the first answer comes within 2 s", async () => {
    const servers = [await start(), await start()];
    const { daemon, client, jump } = await startJumpy(servers);
    expect(failuresOf([await client.ask("first.test")])).toEqual([]);
    process.kill(daemon.pid, "SIGSTOP");
    for (const server of servers) server.silenceOld();
    jump(HOUR);
    await pause(1500);
    process.kill(daemon.pid, "SIGCONT");
    const replies = await load(client, 20, 2000);
    expect(failuresOf(replies)).toEqual([]);
    expect(within(replies, 1)).toBeLessThan(2000);
    expect(daemon.log()).toContain("this machine slept");
  });
});
