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

/** A reply and when its question was asked, ms since the load began. */
export interface Timely extends UdpReply {
  readonly askedAt: number;
}

/** Asks so many questions a second for so long, about names that begin with `prefix`; `at` is called at its times, ms. */
export async function load(
  client: UdpClient,
  perSecond: number,
  milliseconds: number,
  { prefix = "q", at = [] as readonly (readonly [number, () => void])[] } = {},
): Promise<Timely[]> {
  const replies: Promise<Timely>[] = [];
  const startedAt = performance.now();
  const todo = [...at];
  const total = (perSecond * milliseconds) / 1000;
  while (replies.length < total) {
    const now = performance.now() - startedAt;
    while (todo.length > 0 && todo[0]![0] <= now) todo.shift()![1]();
    while (replies.length < Math.min(total, (now * perSecond) / 1000)) {
      const asking = client.ask(`${prefix}${replies.length}.test`);
      replies.push(asking.then((reply) => ({ ...reply, askedAt: now })));
    }
    await pause(2);
  }
  return Promise.all(replies);
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

/** The time that this share (0 to 1) of the replies came within, ms. */
export function within(replies: readonly UdpReply[], share: number): number {
  const times = replies.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
  return times[Math.max(0, Math.ceil(times.length * share) - 1)]!;
}
