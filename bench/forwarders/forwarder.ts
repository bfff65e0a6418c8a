import { spawnSync } from "node:child_process";
import { programPath } from "../../test/support/peers/process.ts";
import type { Upstream } from "../upstream.ts";

/** How much a forwarder may keep. Programs measure it differently, so both are said. */
export interface CacheRoom {
  readonly bytes: number;
  readonly answers: number;
}

/** Where a forwarder runs and what it asks. */
interface Ground {
  readonly folder: string;
  /** The port that it must listen on, UDP and TCP, on 127.0.0.1. */
  readonly port: number;
  readonly upstream: Upstream;
  /** Null: a cache that can be off is off. */
  readonly cache: CacheRoom | null;
}

interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** A program that forwards plain DNS to a DoT server, configured to check the name in that server's certificate. */
export interface Forwarder {
  /** The program, and in parentheses how it is set up when that is not the usual way. */
  readonly name: string;
  /** Prints its version; fails to start when it is not installed. */
  readonly version: CommandLine;
  /** Writes its configuration and says how to start it in the foreground. */
  readonly configure: (ground: Ground) => CommandLine;
}

/** Its version, or undefined when it is not installed. */
export function versionOf({ version: { command, args } }: Pick<Forwarder, "version">): string | undefined {
  const env = { ...process.env, PATH: programPath };
  const { error, stdout, stderr } = spawnSync(command, args, { env, encoding: "utf8" });
  return error === undefined ? /\d+(\.\d+)+[^\s)]*|\d+\+\S*/.exec(stdout + stderr)?.[0] : undefined;
}

/** Whether it is ours, in any build and any way of setting it up. */
export function isOurs(name: string): boolean {
  return name === "dotls" || name.startsWith("dotls (");
}
