import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { untilAnswered } from "../test/support/peers/ask.ts";
import { freePorts, type Running, restarted } from "../test/support/peers/process.ts";
import type { Bench } from "./bench.ts";
import { type CacheRoom, type Forwarder, isOurs, versionOf } from "./forwarders/forwarder.ts";
import { askAll } from "./load.ts";
import { writeNames } from "./names.ts";
import { launchOn, serverCore } from "./place.ts";
import { zone } from "./upstream.ts";

/** A forwarder that runs. */
export interface Contestant {
  readonly name: string;
  readonly running: Running;
  readonly port: number;
  /** Where it runs and has its files. */
  readonly folder: string;
}

/** What the contestants of a row have in common. */
export interface Setup {
  readonly cache: CacheRoom | null;
  /** The cores that they may use, where that is not the one for forwarders. */
  readonly cores?: string;
}

/** Starts one and waits until it answers. Rejects when it does not. */
export async function start(bench: Bench, forwarder: Forwarder, setup: Setup): Promise<Contestant> {
  return restarted(async () => {
    const folder = bench.newFolder(forwarder.name);
    const [port] = (await freePorts(1)) as [number];
    const { command, args } = forwarder.configure({
      folder,
      port,
      upstream: bench.upstream,
      cache: setup.cache,
    });
    const running = launchOn(setup.cores ?? serverCore, command, args, folder);
    try {
      await untilAnswered(running, [{ over: "udp", address: "127.0.0.1", port }], zone, "A");
      await untilSteady(bench, forwarder, port);
    } catch (error) {
      await running.stop();
      throw error;
    }
    return { name: forwarder.name, running, port, folder };
  });
}

/** Milliseconds that one has, after its first answer, until it answers many queries at once. */
const PATIENCE = 15_000;

/** Waits until a burst is answered well: Knot Resolver says SERVFAIL to it in its first second. Ours may not. */
async function untilSteady(bench: Bench, forwarder: Forwarder, port: number): Promise<void> {
  const list = writeNames(join(bench.folder, "first"), zone, 300);
  for (const end = performance.now() + PATIENCE; ; await pause(250)) {
    try {
      await askAll(port, list);
      return;
    } catch (error) {
      if (isOurs(forwarder.name) || performance.now() > end) throw error;
    }
  }
}

/** Those that are installed and wanted, in the order given. */
export function present(bench: Bench, forwarders: readonly Forwarder[]): readonly Forwarder[] {
  return forwarders.filter((forwarder) => bench.wants(forwarder) && versions(forwarder) !== undefined);
}

const known = new Map<string, string | undefined>();

/** Its version, looked up once; undefined when it is not installed. */
export function versions(forwarder: Forwarder): string | undefined {
  const line = [forwarder.version.command, ...forwarder.version.args].join(" ");
  if (!known.has(line)) known.set(line, versionOf(forwarder));
  return known.get(line);
}

/** A folder of its own below another one, for everything of one contestant. */
export function folderFor(parent: string, number: number, name: string): string {
  const folder = join(parent, `${number}-${name.replaceAll(/[^A-Za-z0-9]+/g, "-")}`);
  mkdirSync(folder);
  return folder;
}
