import { hostname } from "node:os";
import type { HistoryPrivacy } from "../history-privacy.ts";
import type { Log } from "../log.ts";
import type { Tap } from "../tap.ts";
import { DnstapStream, type DnstapTarget } from "./dnstap-stream.ts";
import { DnstapTap } from "./dnstap-tap.ts";
import { MessageWriter } from "./message.ts";

export interface DnstapOptions {
  readonly target: DnstapTarget;
  /** In words, for the log. */
  readonly label: string;
  readonly messages: readonly ("client" | "forwarder")[];
  /** `auto`: the name of the host. */
  readonly identity: string;
  readonly version: string;
  /** Bytes that may wait for the reader. */
  readonly buffer: number;
  readonly privacy: HistoryPrivacy;
  /** `DNSTAP_COUNTS` numbers. */
  readonly counts: Float64Array;
  readonly log: Log;
}

/** The dnstap of one thread. */
export interface Dnstap {
  readonly tap: Tap;
  /** Begins to connect to the reader. */
  start(): void;
  /** Gives the reader what waits and ends; a second at the most. */
  stop(): Promise<void>;
}

/** Makes what gives the messages of a thread to a reader. */
export function makeDnstap(options: DnstapOptions): Dnstap {
  const { target, label, messages, identity, version, buffer, privacy, counts, log } = options;
  const writer = new MessageWriter(identity === "auto" ? hostname() : identity, `dotls ${version}`);
  const stream = new DnstapStream({ target, label, writer, buffer, counts, log });
  const choice = { client: messages.includes("client"), forwarder: messages.includes("forwarder") };
  const tap = new DnstapTap(stream, choice, privacy);
  return { tap, start: () => stream.start(), stop: () => stream.stop() };
}
