import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Status } from "../../src/control/status.ts";
import { folderWith } from "../support/config-folder.ts";
import { type Daemon, startDaemon } from "../support/daemon.ts";
import { pause } from "../support/forwarder.ts";
import { describeWith } from "../support/needs.ts";
import { dnsperf } from "../support/peers/dnsperf.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { canShare } from "../server/worker-host.ts";

const RELOADS = 20;

/** The sum of a metric's series, of those that have this text in them. */
function sumOf(text: string, name: string, part = ""): number {
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines
    .filter((line) => line.includes(part))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** The API of a daemon; each call gives the text, and throws when it is refused. */
function apiOf(daemon: Daemon): (method: string, path: string) => Promise<string> {
  const [, url] = /control at (http:\S+)/.exec(daemon.log())!;
  return async (method, path) => {
    const response = await fetch(`${url}${path}`, { method });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return text;
  };
}

/** Reads a stream of the API until it is told to stop; gives its lines so far. */
function follow(daemon: Daemon, path: string): { lines: () => string[]; stop: () => void } {
  const [, url] = /control at (http:\S+)/.exec(daemon.log())!;
  const over = new AbortController();
  let text = "";
  void (async (): Promise<void> => {
    const { body } = await fetch(`${url}${path}`, { signal: over.signal });
    const decoder = new TextDecoder();
    for await (const chunk of body as AsyncIterable<Uint8Array>)
      text += decoder.decode(chunk, { stream: true });
  })().catch(() => {});
  return { lines: () => text.split("\n"), stop: () => over.abort() };
}

/** How many queries the `lost` of a stream speak of. */
function lostOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Number(/\{"lost":(\d+)\}/.exec(line)?.[1] ?? 0), 0);
}

describeWith(["dnsperf"], "two workers under 1,000 queries a second", () => {
  test.skipIf(!canShare)(
    "count every query once and lose none, whatever is done to them and whoever looks on",
    async () => {
      const upstream = await start({ ttl: 1 });
      const folder = folderWith({ "dotls.yaml": "" });
      const file = join(folder, "dotls.yaml");
      // What a route takes stays on it while the bypass is open: nothing leaves this machine.
      const routed = [{ match: "test", upstreams: [`tls://127.0.0.1:${upstream.port}#${upstream.name}`] }];
      const options = [
        "workers=2",
        "state=none",
        "control.http=127.0.0.1:0",
        "bypass.enabled=true",
        "history.size=100000",
        `routes=${JSON.stringify(routed)}`,
      ].flatMap((setting) => ["--set", setting]);
      const daemon = await startDaemon([upstream], { options: ["--config", file, ...options] });
      const api = apiOf(daemon);
      const history = follow(daemon, "/v1/history?follow=1");
      const live = follow(daemon, "/v1/live?limit=0");
      await until(() => live.lines().some((line) => line.startsWith("retry:")));

      const names = Array.from({ length: 3000 }, (_, at) => `n${at}.test`);
      const over = new AbortController();
      const load = async (url: string, rate: number): Promise<number> => {
        let sent = 0;
        while (!over.signal.aborted) {
          const report = await dnsperf(url, names, { seconds: 2, clients: 16, rate });
          expect(report).toMatchObject({ lost: 0, codes: { NOERROR: report.sent } });
          sent += report.sent;
        }
        return sent;
      };
      const both = Promise.all([load(daemon.url, 900), load(`tcp://127.0.0.1:${daemon.port}`, 100)]);
      let last = 0;
      for (let round = 0; round < 2 * RELOADS; round++) {
        if (round % 2 === 0) {
          writeFileSync(file, round % 4 === 0 ? "policy: round-robin\ntimeout: 3s\n" : "policy: hash\n");
          await api("POST", "/v1/reload");
        }
        await api("POST", round % 3 === 0 ? "/v1/flush?name=*.test" : `/v1/flush?name=n${round}.test`);
        if (round % 4 === 0) await api("PUT", "/v1/bypass?for=1m&by=test").catch(() => "no resolver here");
        if (round % 4 === 2) await api("DELETE", "/v1/bypass?by=test");
        const text = await api("GET", "/metrics");
        const requests = sumOf(text, "dotls_dns_requests_total");
        // Never less than before, and nothing that was not received has ended.
        expect(requests).toBeGreaterThanOrEqual(last);
        expect(sumOf(text, "dotls_dns_responses_total")).toBeLessThanOrEqual(requests);
        last = requests;
        await pause(100);
      }
      over.abort();
      const [udp, tcp] = await both;
      const sent = udp + tcp;

      await expect.poll(async () => sumOf(await api("GET", "/metrics"), "dotls_dns_inflight")).toBe(0);
      const text = await api("GET", "/metrics");
      const responses = sumOf(text, "dotls_dns_responses_total");
      expect({
        requests: sumOf(text, "dotls_dns_requests_total"),
        udp: sumOf(text, "dotls_dns_requests_total", 'proto="udp"'),
        tcp: sumOf(text, "dotls_dns_requests_total", 'proto="tcp"'),
        ended: responses + sumOf(text, "dotls_dns_dropped_total"),
        timed: sumOf(text, "dotls_dns_request_duration_seconds_count"),
        measured: sumOf(text, "dotls_dns_request_size_bytes_count"),
        sized: sumOf(text, "dotls_dns_response_size_bytes_count"),
      }).toEqual({
        requests: sent,
        udp,
        tcp,
        ended: sent,
        timed: sent,
        measured: sent,
        sized: sent,
      });
      expect(sumOf(text, "dotls_dns_responses_total", 'rcode="NOERROR"')).toBe(sent);
      // What an upstream was asked has ended in one way.
      const { upstreams } = JSON.parse(await api("GET", "/v1/status")) as Status;
      const asked = upstreams.reduce((sum, { queries }) => sum + queries, 0);
      expect(sumOf(text, "dotls_upstream_requests_total")).toBe(asked);

      // The history tells of each, once; the live feed of each that it shows, and how many it does not.
      const told = (): string[] => history.lines().filter((line) => line.includes('"name":'));
      await expect.poll(() => told().length).toBe(sent);
      expect(lostOf(history.lines())).toBe(0);
      const shown = (): number => live.lines().filter((line) => line.startsWith('data: {"v"')).length;
      await expect.poll(() => shown() + lostOf(live.lines())).toBe(sent);
      expect(shown()).toBeGreaterThan(0);
      history.stop();
      live.stop();
      expect(daemon.log()).not.toContain("fault");
    },
    90_000,
  );
});
