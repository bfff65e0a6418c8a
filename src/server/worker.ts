import { Worker as Thread } from "node:worker_threads";
import type { LogFields, LogLevel } from "../observe/log.ts";
import type { UpstreamReport } from "./upstream-report.ts";
import type { Call, FromWorker, ToWorker, WorkerOrder } from "./worker-messages.ts";
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

  /** Starts the thread. */
  constructor(order: WorkerOrder, events: WorkerEvents) {
    this.#events = events;
    this.#thread = new Thread(new URL("./worker-entry.js", import.meta.url), {
      workerData: order,
      name: `dotls-worker-${order.number + 1}`,
    });
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
      this.#thread.once("exit", (code: number) => {
        this.#fault ??= `it ended with code ${code}`;
        this.#refreshed(false);
        for (const settle of this.#calls.values()) settle(null);
        this.#calls.clear();
        if (this.#open && !this.#over) events.onDeath(this, this.#fault);
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

  /** Lets it answer what it has and end; cuts it off when that takes longer than `most` ms. */
  async stop(most: number): Promise<void> {
    this.#over = true;
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
        break;
      case "failed":
        break;
    }
  }

  #died(): Opening {
    const message = `a worker has died: ${this.#fault}`;
    return { kind: "failed", code: "ERR_DOTLS_WORKER", message, listen: null };
  }
}
