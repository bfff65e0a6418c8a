import type { Forwarder } from "./forwarders/forwarder.ts";
import type { Upstream } from "./upstream.ts";

/** What a row needs to know to run. */
export interface Bench {
  readonly upstream: Upstream;
  /** The TTL of answers below the brief zone, in seconds. */
  readonly briefTtl: number;
  /** Where lists of names are written. */
  readonly folder: string;
  readonly rounds: number;
  readonly seconds: number;
  /** Only to see that it works: small numbers everywhere. */
  readonly smoke: boolean;
  /** Other builds of dotls, beside this one. */
  readonly revisions: readonly Forwarder[];
  readonly wants: (forwarder: Forwarder) => boolean;
  /** A new folder for one contestant. */
  readonly newFolder: (name: string) => string;
  readonly print: (text: string) => void;
  /** Says that dotls did something wrong: the exit code will be 1. */
  readonly fault: (text: string) => void;
}

/** Something that is measured, under the name that `--only` knows. */
export interface Row {
  readonly name: string;
  readonly title: string;
}

/** Rows that are measured with the same contestants. */
export interface Section {
  readonly rows: readonly Row[];
  /** Measures those of its rows that are given, at least one. */
  run(bench: Bench, rows: readonly Row[]): Promise<void>;
}
