import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { AnswerCache } from "../cache/answer-cache.ts";
import { processTime } from "../cache/clock.ts";
import type { Config } from "../config/config.ts";
import { DotlsError } from "../errors.ts";
import { ListenError } from "../listen/listen-error.ts";
import { Counters } from "../observe/counters.ts";
import { HistoryRing } from "../observe/history-ring.ts";
import { ProbeBoard } from "../resolve/probe-board.ts";
import { Engine } from "./engine.ts";
import { guard } from "./guard.ts";
import { privacyFor } from "./history-privacy.ts";
import { Pulse } from "./pulse.ts";
import { statusOfReport } from "./upstream-report.ts";
import { remoteLog } from "./worker-log.ts";
import type { FromWorker, ToWorker, WorkerFailure, WorkerOrder } from "./worker-messages.ts";
import type { PreparedChange } from "./workforce.ts";

/** How often it tells of its servers without being asked, in ms: what it has counted is lost with it otherwise. */
const TELL = 1000;

/** A worker thread: an engine that is told what to do by messages. */
async function run(port: MessagePort, order: WorkerOrder): Promise<void> {
  const say = (message: FromWorker): void => port.postMessage(message);
  const log = remoteLog((level, message, fields) => say({ kind: "log", level, message, fields }));
  guard(log);
  const { config, number, workers } = order;
  const memory = order.history;
  const place = { memory, writers: workers, writer: number };
  const history = new HistoryRing(config.history.size, undefined, place, privacyFor(config.history));
  // Whether there is a file can change.
  history.wakeEachQuarter(() => say({ kind: "wake" }));
  const answers =
    order.cache === null
      ? null
      : new AnswerCache(order.cache.memory, processTime(), new Float64Array(order.cache.counters));
  let engine: Engine;
  try {
    engine = await Engine.open({
      config,
      log,
      observers: [new Counters(order.counters), history],
      dnstapCounts: new Float64Array(order.dnstapCounts),
      threads: workers,
      ...(answers && { answers }),
      probes: new ProbeBoard(order.probes),
      sharing: order.first ? "first" : "join",
    });
  } catch (error) {
    if (!(error instanceof DotlsError)) throw error;
    say(failureOf(error));
    port.close();
    return;
  }
  if (order.diverted !== null) engine.divert(order.diverted);
  let told = "";
  const pulse = new Pulse(order.pulse);
  setInterval(() => {
    pulse.beat();
    const { upstreams } = engine;
    const text = JSON.stringify(upstreams.map(statusOfReport));
    if (text !== told) say({ kind: "status", upstreams, load: null });
    told = text;
  }, TELL).unref();
  const hurry = new AbortController();
  let change: PreparedChange | null = null;
  const prepare = async (next: Config): Promise<void> => {
    try {
      change = await engine.prepare(next);
      say({ kind: "prepared", urls: change.urls });
    } catch (error) {
      say(failureOf(error));
    }
  };
  const settle = async (commit: boolean): Promise<void> => {
    const settled = change;
    change = null;
    try {
      await (commit ? settled?.commit() : settled?.abandon());
    } catch (error) {
      // With half of another configuration it is of no use; the one that takes its place has the whole.
      end(port, error);
    }
    say({ kind: "settled" });
  };
  port.on("message", (message: ToWorker) => {
    switch (message.kind) {
      case "start":
        engine.start();
        break;
      case "divert":
        engine.divert(message.resolvers);
        break;
      case "renew":
        engine.renew();
        break;
      case "ask":
        void tell(engine, say);
        break;
      case "call":
        void answer(engine, message, say);
        break;
      case "prepare":
        void prepare(message.config);
        break;
      case "settle":
        void settle(message.commit);
        break;
      case "stop":
        // The open port is all that holds the thread then.
        void engine.stop(hurry.signal).then(() => port.close());
        break;
      case "hurry":
        hurry.abort();
        break;
    }
  });
  say({ kind: "open", urls: engine.urls, owner: answers?.owner ?? null });
}

/** Ends the thread for a fault: who waits for it is told, and another one takes its place. */
function end(port: MessagePort, error: unknown): never {
  port.postMessage(failureOf(error));
  process.exit(1);
}

function failureOf(error: unknown): WorkerFailure {
  const listen = error instanceof ListenError ? { url: error.url, errno: error.errno } : null;
  const code = error instanceof DotlsError ? error.code : "ERR_DOTLS_WORKER";
  return { kind: "failed", code, message: error instanceof Error ? error.message : String(error), listen };
}

async function tell(engine: Engine, say: (message: FromWorker) => void): Promise<void> {
  await engine.refresh();
  say({ kind: "status", upstreams: engine.upstreams, load: engine.loads[0] ?? null });
}

async function answer(
  engine: Engine,
  { number, call }: Extract<ToWorker, { kind: "call" }>,
  say: (message: FromWorker) => void,
): Promise<void> {
  const result =
    call.what === "explain"
      ? await engine.explain(call.name, call.type, call.client)
      : await engine.test(call.label);
  say({ kind: "result", number, result });
}

if (parentPort === null) throw new Error("this module is for a worker thread");
const port = parentPort;
// Not awaited at the top: see cli/main.ts. A thread whose doors are open, half or whole, and that does not answer would keep
// its share of the queries: a fault that gets here ends it.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the main thread gives nothing else (worker.ts)
run(port, workerData as WorkerOrder).catch((error: unknown) => end(port, error));
