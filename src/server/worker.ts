import { Worker as Thread } from "node:worker_threads";
import type { Config } from "../config/config.ts";
import type { LogFields, LogLevel } from "../observe/log.ts";
import { DotlsError } from "../errors.ts";
import { Pulse } from "./pulse.ts";
import type { UpstreamReport } from "./upstream-report.ts";
import type { Call, FromWorker, ToWorker, WorkerFailure, WorkerOrder } from "./worker-messages.ts";
import type { ThreadLoad } from "./workforce.ts";

/** Who hears of a worker. */
export interface WorkerEvents {
  onLog(level: LogLevel, message: string, fields: LogFields): void;
  /** A quarter of the history is new. */
  onWake(): void;
  /** The thread has ended while its doors were open, without having been told to; `why` in words. */
  onDeath(worker: Worker, why: string): void;
}

/** How the opening of the doors ended. */
export type Opening = Extract<FromWorker, { kind: "open" | "failed" }>;

/** What it says of another configuration. */
export type Reply = Extract<FromWorker, { kind: "prepared" | "settled" | "failed" }>;

/** How long a worker may take to say how it is, in ms: one that is busy answers a few ms later. */
const PATIENCE = 500;

/** One worker thread, as the main thread sees it. */
export class Worker {
  /** What it said last of its servers. */
  upstreams: readonly UpstreamReport[] = [];
  /** How it was when it was asked last. */
  load: ThreadLoad = { lagMs: 0, clients: 0, unsent: 0 };
  /** When its doors opened or did not. A thread that dies before has failed. */
  readonly opening: Promise<Opening>;

  #thread: Thread;
  #pulse = new Pulse();
  #events: WorkerEvents;
  #exited: Promise<void>;
  #fault: string | null = null;
  /** Its doors are open; if it ends now, that is a death. Before, it is a failure to open them. */
  #open = false;
  /** It has ended, or is told to. */
  #over = false;
  #refreshing: Promise<boolean> | null = null;
  /** Ends the wait for what it says of its servers, with whether it has said it. */
  #refreshed: (answered: boolean) => void = () => {};
  /** Calls that it has not answered yet. */
  #calls = new Map<number, (result: unknown) => void>();
  #lastCall = 0;
  /** Ends the wait for what it says of another configuration. */
  #replied: ((reply: Reply) => void) | null = null;

  /** Starts the thread. Throws DotlsError (ERR_DOTLS_WORKER) when the system has no room for one. */
  constructor(order: Omit<WorkerOrder, "pulse">, events: WorkerEvents) {
    this.#events = events;
    try {
      this.#thread = new Thread(new URL("./worker-entry.js", import.meta.url), {
        workerData: { ...order, pulse: this.#pulse.memory } satisfies WorkerOrder,
        name: `dotls-worker-${order.number + 1}`,
      });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DotlsError("ERR_DOTLS_WORKER", `a worker cannot be started: ${why}`);
    }
    this.#thread.once("exit", (code: number) => (this.#fault ??= `it ended with code ${code}`));
    this.opening = new Promise((resolve) => {
      this.#thread.on("message", (message: FromWorker) => {
        if (message.kind === "open" || message.kind === "failed") resolve(message);
        this.#hear(message);
      });
      this.#thread.once("exit", () => resolve(this.#died()));
    });
    this.#thread.on("error", (error: unknown) => {
      this.#fault = error instanceof Error ? error.message : String(error);
    });
    this.#exited = new Promise((resolve) => {
      this.#thread.once("exit", () => {
        this.#pulse.end();
        this.#refreshed(false);
        for (const settle of this.#calls.values()) settle(null);
        this.#calls.clear();
        this.#replied?.(this.#died());
        if (this.#open && !this.#over) events.onDeath(this, this.#fault!);
        this.#over = true;
        resolve();
      });
    });
  }

  tell(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#thread.postMessage(message);
  }

  /** Asks how it and its servers are; `load` and `upstreams` then say so. False when it does not answer in time. */
  async refresh(): Promise<boolean> {
    if (this.#over) return false;
    this.#refreshing ??= new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => this.#refreshed(false), PATIENCE);
      this.#refreshed = (answered) => {
        clearTimeout(timer);
        this.#refreshing = null;
        resolve(answered);
      };
      this.tell({ kind: "ask" });
    });
    return this.#refreshing;
  }

  /** What it has to say to a call; null when it dies over it. */
  call(call: Call): Promise<unknown> {
    if (this.#over) return Promise.resolve(null);
    return new Promise((resolve) => {
      const number = ++this.#lastCall;
      this.#calls.set(number, resolve);
      this.tell({ kind: "call", number, call });
    });
  }

  /** Makes another configuration ready in it. Gives its addresses, or why it cannot be had. */
  prepare(config: Config): Promise<Reply> {
    return this.#order({ kind: "prepare", config });
  }

  /** Lets what was made ready take over, or go. Resolves all the same when it has died. */
  async settle(commit: boolean): Promise<void> {
    await this.#order({ kind: "settle", commit });
  }

  /** Lets it answer what it has and end; cuts it off when that takes longer than `most` ms. */
  async stop(most: number, hurry?: AbortSignal): Promise<void> {
    this.#over = true;
    this.#pulse.end();
    hurry?.addEventListener("abort", () => this.tell({ kind: "hurry" }));
    if (hurry?.aborted === true) this.tell({ kind: "hurry" });
    const cut = setTimeout(() => void this.#thread.terminate(), most);
    this.tell({ kind: "stop" });
    await this.#exited;
    clearTimeout(cut);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#over = true;
    await this.#thread.terminate();
  }

  #order(message: ToWorker): Promise<Reply> {
    if (this.#over) return Promise.resolve(this.#died());
    return new Promise((resolve) => {
      this.#replied = resolve;
      this.tell(message);
    });
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "log":
        this.#events.onLog(message.level, message.message, message.fields);
        break;
      case "wake":
        this.#events.onWake();
        break;
      case "status":
        this.upstreams = message.upstreams;
        if (message.load === null) break;
        this.load = message.load;
        this.#refreshed(true);
        break;
      case "result":
        this.#calls.get(message.number)?.(message.result);
        this.#calls.delete(message.number);
        break;
      case "open":
        this.#open = true;
        if (!this.#over) this.#pulse.watch((seconds) => this.#cutOff(seconds));
        break;
      case "prepared":
      case "settled":
      case "failed":
        this.#replied?.(message);
        this.#replied = null;
        break;
    }
  }

  /** Ends a thread that does nothing any more, so that it is replaced like one that has died. */
  #cutOff(seconds: number): void {
    this.#fault ??= `it has done nothing for ${seconds} s`;
    void this.#thread.terminate();
  }

  #died(): WorkerFailure {
    const message = `a worker has died: ${this.#fault}`;
    return { kind: "failed", code: "ERR_DOTLS_WORKER", message, listen: null };
  }
}
