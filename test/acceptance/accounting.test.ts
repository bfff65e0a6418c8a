import { createSocket } from "node:dgram";
import { describe, expect, test } from "vitest";
import { NO_CACHE } from "../../src/config/no-cache.ts";
import type { Config } from "../../src/config/config.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import type { Knobs } from "../support/scripted-upstream/knobs.ts";
import { type Served, serve, specOf } from "../support/serve.ts";

const overHttp: Partial<Config> = {
  control: { socket: null, http: { address: "127.0.0.1", port: 0 }, token: "auto" },
};

/** The sum of a metric's series, of those that have this text in them. */
function sumOf(text: string, name: string, part = ""): number {
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines
    .filter((line) => line.includes(part))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** Holds the sums of the metrics against each other, and against what is known to have been sent. */
async function audit({ server }: Served, sent: number): Promise<string> {
  const metrics = async (): Promise<string> => (await fetch(`${server.controlUrl}/metrics`)).text();
  await expect.poll(async () => sumOf(await metrics(), "dotls_dns_inflight")).toBe(0);
  const text = await metrics();
  const requests = sumOf(text, "dotls_dns_requests_total");
  const responses = sumOf(text, "dotls_dns_responses_total");
  expect({
    requests,
    ended: responses + sumOf(text, "dotls_dns_dropped_total"),
    timed: sumOf(text, "dotls_dns_request_duration_seconds_count"),
    measured: sumOf(text, "dotls_dns_request_size_bytes_count"),
    sized: sumOf(text, "dotls_dns_response_size_bytes_count"),
  }).toEqual({ requests: sent, ended: sent, timed: responses, measured: sent, sized: responses });
  return text;
}

/** Every question that was sent to an upstream ended in one way. */
function auditUpstreams({ server }: Served, text: string): void {
  for (const { label, queries } of server.status().upstreams) {
    expect(sumOf(text, "dotls_upstream_requests_total", `upstream="${label}"`)).toBe(queries);
    expect(sumOf(text, "dotls_upstream_request_duration_seconds_count", `upstream="${label}"`)).toBe(
      sumOf(text, "dotls_upstream_requests_total", `upstream="${label}",outcome="ok"`),
    );
  }
}

const faults: readonly (readonly [string, Partial<Knobs>])[] = [
  ["that answers", {}],
  ["that closes after each third query", { closeAfter: 3 }],
  ["that closes at random with queries in flight", { closeAfter: 7, closeInFlight: 2, delay: () => 5 }],
  ["that is silent", { silent: true }],
  ["that answers another question", { fault: () => "wrong-question" }],
  ["that answers with other ids", { fault: () => "wrong-id" }],
  ["that sends each answer twice", { fault: () => "duplicate" }],
  ["that sends garbage", { fault: () => "garbage-stream" }],
  [
    "that fails each second question",
    { rcodes: Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`n${at}.test`, 2])) },
  ],
];

describe("every query received has exactly one outcome", () => {
  test.each(faults)("beside an upstream %s", async (_, knobs) => {
    const broken = await start(knobs);
    const well = await start();
    const served = await serve([specOf(broken), specOf(well)], {
      ...overHttp,
      timeout: 1500,
      cache: NO_CACHE,
    });
    const names = Array.from({ length: 60 }, (_, at) => `${"n".repeat(1 + (at % 2))}${at}.test`);
    await served.client.askAll(names, 20);
    // Those that coalesce with another one have an outcome of their own.
    await Promise.all(Array.from({ length: 20 }, () => served.client.ask("same.test", { within: 4000 })));
    const text = await audit(served, names.length + 20);
    expect(sumOf(text, "dotls_dns_inflight")).toBe(0);
    auditUpstreams(served, text);
  });

  test("when no upstream is there at all", async () => {
    const gone = await start();
    await gone.refuse();
    const served = await serve([specOf(gone)], { ...overHttp, timeout: 1000 });
    await served.client.askAll(
      Array.from({ length: 200 }, (_, at) => `n${at}.test`),
      50,
    );
    const text = await audit(served, 200);
    expect(sumOf(text, "dotls_dns_responses_total", 'source="failclosed"')).toBe(200);
    expect(sumOf(text, "dotls_upstream_up")).toBe(0);
    expect(sumOf(text, "dotls_upstream_connection_failures_total", 'reason="refused"')).toBeGreaterThan(0);
    auditUpstreams(served, text);
  });

  test("in a flood of queries, errors, and what is no query", async () => {
    const upstream = await start();
    const served = await serve([specOf(upstream)], { ...overHttp, timeout: 1500 });
    const port = Number(new URL(served.server.urls[0]!).port);
    const socket = createSocket("udp4");
    const packets = [
      Buffer.from("garbage"),
      Buffer.alloc(12),
      // A response, an update, a query with two questions, and one that is well.
      Buffer.from("000180000001000000000000", "hex"),
      Buffer.from("000128000001000000000000", "hex"),
      Buffer.from("00010100000200000000000001610000010001016200000100 01".replaceAll(" ", ""), "hex"),
      Buffer.from("00010100000100000000000001610474657374000001 0001".replaceAll(" ", ""), "hex"),
    ];
    for (let i = 0; i < 6000; i++) {
      socket.send(packets[i % packets.length]!, port, "127.0.0.1");
      // The kernel drops what nobody reads, and then nobody has received it.
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const metrics = async (): Promise<string> => (await fetch(`${served.server.controlUrl}/metrics`)).text();
    let before = -1;
    await expect
      .poll(
        async () => {
          const now = sumOf(await metrics(), "dotls_dns_requests_total");
          const same = now === before;
          before = now;
          return same;
        },
        { interval: 500 },
      )
      .toBe(true);
    socket.close();
    expect(before).toBeGreaterThan(3000);
    const text = await audit(served, before);
    expect(sumOf(text, "dotls_dns_dropped_total", 'reason="not_a_query"')).toBeGreaterThan(1000);
    expect(served.server.status().queries.received).toBe(before);
  });

  test("with answers from memory, fresh and stale, and failures that are remembered", async () => {
    const upstream = await start({ ttl: 1 });
    const served = await serve([specOf(upstream)], {
      ...overHttp,
      timeout: 1000,
      cache: { ...NO_CACHE, size: 4 * 1024 ** 2 },
    });
    const names = Array.from({ length: 30 }, (_, at) => `n${at}.test`);
    for (const _ of [1, 2]) await served.client.askAll(names, 10);
    await upstream.refuse();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await served.client.askAll([...names, "unknown.test", "unknown.test"], 10);
    const text = await audit(served, 92);
    expect(sumOf(text, "dotls_cache_hits_total")).toBeGreaterThan(20);
    expect(sumOf(text, "dotls_cache_served_stale_total")).toBe(30);
    expect(sumOf(text, "dotls_cache_entries", "success")).toBe(30);
  });
});
