import { onTestFinished } from "vitest";
import { Listeners } from "../../src/listen/listeners.ts";
import { ALL_LOCAL_NAMES } from "../../src/config/local-names.ts";
import { Routes } from "../../src/resolve/routes.ts";
import { Step } from "../../src/resolve/stage.ts";
import { Resolver } from "../../src/resolve/resolver.ts";
import { Group } from "../../src/upstream/group.ts";
import type { PolicyMaker } from "../../src/upstream/policy/policy.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { Upstream } from "../../src/upstream/upstream.ts";
import { opener, placeOf, type Reachable } from "../upstream/dialing.ts";
import { outcomeOf } from "./serve.ts";
import { UdpClient, type UdpReply } from "./udp-client.ts";

/** A forwarder in this process with a policy of the test's choice. */
export interface Forwarder {
  readonly client: UdpClient;
  /** Our side of the servers, in their order. */
  readonly upstreams: readonly Upstream[];
  /** `down N kind` and `up N`: servers by their number, in order of time. */
  readonly events: readonly string[];
}

/** Starts a forwarder that ends with the test. */
export async function forward(
  servers: readonly Reachable[],
  policy: PolicyMaker,
  {
    timeout = 4000,
    retryRcodes = new Set(),
  }: { readonly timeout?: number; readonly retryRcodes?: ReadonlySet<number> } = {},
): Promise<Forwarder> {
  const events: string[] = [];
  const tickets = new TicketStore();
  const upstreams = servers.map(
    (server, at) =>
      new Upstream(`${at}`, placeOf(server), opener(server, tickets), {
        onDown: ({ label }, { kind }) => events.push(`down ${label} ${kind}`),
        onUp: ({ label }) => events.push(`up ${label}`),
      }),
  );
  const resolver = new Resolver({
    allow: ["127.0.0.0/8"],
    routes: new Routes([], new Group(upstreams, policy)),
    localNames: { ...ALL_LOCAL_NAMES, test: false },
    loops: { enter: () => Step.NEXT },
    timeout,
    retryRcodes,
    observers: [],
  });
  const listeners = await Listeners.open([{ transport: "udp", address: "127.0.0.1", port: 0 }], resolver, {
    onAddress: () => {},
    onProblem: () => {},
  });
  const client = await UdpClient.open(listeners.urls[0]!);
  onTestFinished(async () => {
    await client.close();
    resolver.stop();
    await listeners.close(0);
    for (const upstream of upstreams) upstream.close();
  });
  return { client, upstreams, events };
}

/** A reply, with when its question was asked, ms since the load began. */
export interface Timely extends UdpReply {
  readonly askedAt: number;
  /** Its milliseconds without those in which this process had work to do and no processor to do it with. */
  readonly waited: number;
}

/** How often `load` looks, ms. */
const TICK = 2;

/**
 * The milliseconds that other programs have taken from this process, as time goes on: those that a timer of it came too
 * late, and that it did not compute itself. A promise in milliseconds can be held to on a busy machine without them.
 */
class Stolen {
  #total = 0;
  #last = performance.now();
  #used = process.cpuUsage();

  /** So many by now. */
  get total(): number {
    const { user, system } = process.cpuUsage(this.#used);
    return this.#total + Math.max(0, performance.now() - this.#last - TICK - 1 - (user + system) / 1000);
  }

  /** To be called by a timer each TICK. */
  tick(): void {
    this.#total = this.total;
    this.#last = performance.now();
    this.#used = process.cpuUsage();
  }
}

/**
 * Measures what each millisecond matters to: anew, three times at the most, when other programs took a tenth of the time. For
 * what dotls itself learns from times, where taking them off afterwards is too late.
 */
export async function whenCalm<Result>(measure: () => Promise<Result>): Promise<Result> {
  for (let left = 3; ; left--) {
    const stolen = new Stolen();
    const startedAt = performance.now();
    const ticking = setInterval(() => stolen.tick(), TICK);
    const result = await measure();
    clearInterval(ticking);
    if (left === 0 || stolen.total < (performance.now() - startedAt) / 10) return result;
  }
}

/** Asks so many questions a second for so long, about names under `suffix` that begin with `prefix`; `at` is called at its times, ms. */
export async function load(
  client: UdpClient,
  perSecond: number,
  milliseconds: number,
  { prefix = "q", suffix = "test", at = [] as readonly (readonly [number, () => void])[] } = {},
): Promise<Timely[]> {
  const replies: Promise<Timely>[] = [];
  const stolen = new Stolen();
  const startedAt = performance.now();
  const todo = [...at];
  const total = (perSecond * milliseconds) / 1000;
  const ask = async (name: string, askedAt: number): Promise<Timely> => {
    const before = stolen.total;
    const reply = await client.ask(name);
    const waited = Math.max(0, reply.milliseconds - (stolen.total - before));
    return { ...reply, askedAt, waited };
  };
  const ticking = setInterval(() => stolen.tick(), TICK);
  while (replies.length < total) {
    const now = performance.now() - startedAt;
    while (todo.length > 0 && todo[0]![0] <= now) todo.shift()![1]();
    while (replies.length < Math.min(total, (now * perSecond) / 1000)) {
      replies.push(ask(`${prefix}${replies.length}.${suffix}`, now));
    }
    await pause(TICK);
  }
  const all = await Promise.all(replies);
  clearInterval(ticking);
  return all;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** The names of those that are no success, each with its outcome. */
export function failuresOf(replies: readonly UdpReply[]): string[] {
  return replies
    .map(({ name, message }) => `${name} ${outcomeOf(message)}`)
    .filter((line) => !/ 10\.\d+\.\d+\.\d+$/.test(line));
}

/** The time that this share (0 to 1) of the replies came within, ms; with `waited`, what other programs took aside. */
export function within(
  replies: readonly Timely[],
  share: number,
  time: "waited" | "milliseconds" = "waited",
): number {
  const times = replies.map((reply) => reply[time]).toSorted((a, b) => a - b);
  return times[Math.max(0, Math.ceil(times.length * share) - 1)]!;
}
