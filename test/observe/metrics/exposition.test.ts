import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { metricsText } from "../../../src/observe/metrics/exposition.ts";
import { METRICS } from "../../../src/observe/metrics/families.ts";
import { UpstreamTally } from "../../../src/upstream/upstream-tally.ts";
import { Counters } from "../../../src/observe/counters.ts";
import { Source } from "../../../src/observe/outcome.ts";
import { describeWith } from "../../support/needs.ts";
import { outcomeOf } from "../outcomes.ts";
import { sampleOf } from "./sample.ts";

function lines(text: string, name: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(name));
}

describe("the text of the metrics", () => {
  it("has each query by how it came, and each answer by what it was", async () => {
    const counters = new Counters();
    for (const outcome of [
      outcomeOf("a.", { duration: 3, replySize: 120 }),
      outcomeOf("b.", { type: 28, clientAddress: "::1", transport: 1, rcode: 3, replyFlags: 0x8380 }),
      outcomeOf("c.", { server: null, source: Source.CACHE, duration: 0.01 }),
      outcomeOf("d.", { rcode: 3841, type: 60_000 }),
      outcomeOf("e.", { server: null, source: Source.LOCAL, rcode: 2 }),
    ]) {
      counters.received(outcome);
      counters.ended(outcome);
    }
    const text = await metricsText(sampleOf({ tally: counters.tally }));
    expect(lines(text, "dotls_dns_requests_total")).toEqual([
      'dotls_dns_requests_total{proto="udp",family="1",type="A"} 3',
      'dotls_dns_requests_total{proto="udp",family="1",type="other"} 1',
      'dotls_dns_requests_total{proto="tcp",family="2",type="AAAA"} 1',
    ]);
    const responses = lines(text, "dotls_dns_responses_total").filter((line) => !line.endsWith(" 0"));
    expect(responses).toEqual([
      'dotls_dns_responses_total{rcode="NOERROR",source="upstream"} 1',
      'dotls_dns_responses_total{rcode="NXDOMAIN",source="upstream"} 1',
      'dotls_dns_responses_total{rcode="other",source="upstream"} 1',
      'dotls_dns_responses_total{rcode="NOERROR",source="cache"} 1',
      'dotls_dns_responses_total{rcode="SERVFAIL",source="failclosed"} 1',
    ]);
    expect(text).toContain('dotls_dns_request_duration_seconds_bucket{source="upstream",le="0.004"} 1\n');
    expect(text).toContain('dotls_dns_request_duration_seconds_bucket{source="upstream",le="+Inf"} 3\n');
    expect(text).toContain('dotls_dns_request_duration_seconds_sum{source="upstream"} 0.028\n');
    expect(text).toContain('dotls_dns_response_size_bytes_bucket{le="200"} 5\n');
    expect(text).toContain("dotls_dns_truncated_total 1\n");
    expect(text).toContain("dotls_dns_inflight 0\n");
  });

  it("has of each upstream what became of its queries, connections and handshakes", async () => {
    const tally = new UpstreamTally();
    tally.answered(0, 7);
    tally.lost({ kind: "closed", text: "" });
    tally.opened(1, 20, true);
    tally.over(1, { kind: "name", text: "" }, false, "local");
    tally.hedged(true);
    const [upstream] = sampleOf().upstreams;
    const text = await metricsText(sampleOf({ upstreams: [{ ...upstream!, label: "u", up: false, tally }] }));
    for (const line of [
      'dotls_upstream_up{upstream="u"} 0',
      'dotls_upstream_requests_total{upstream="u",outcome="ok"} 1',
      'dotls_upstream_requests_total{upstream="u",outcome="reset"} 1',
      'dotls_upstream_request_duration_seconds_bucket{upstream="u",rcode="NOERROR",le="0.008"} 1',
      'dotls_upstream_tls_handshake_duration_seconds_sum{upstream="u",resumed="true"} 0.02',
      'dotls_upstream_connections{upstream="u",state="open"} 1',
      'dotls_upstream_connections_opened_total{upstream="u"} 1',
      'dotls_upstream_tls_errors_total{upstream="u",reason="name"} 1',
      'dotls_upstream_hedges_total{upstream="u",won="true"} 1',
      'dotls_upstream_cert_expiry_timestamp_seconds{upstream="u"} 1800000000',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it("leaves out what is not there, instead of saying 0", async () => {
    const text = await metricsText(sampleOf({ cache: null, dnstap: null, upstreams: [] }));
    for (const name of ["dotls_cache_", "dotls_dnstap_", "dotls_upstream_"]) {
      expect(lines(text, name)).toEqual([]);
    }
  });

  it("has every metric once, with its help and its type, and series with the labels that it has", async () => {
    const text = await metricsText(sampleOf());
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!);
    expect(new Set(names).size).toBe(names.length);
    // The one that has no series before there was a query.
    expect(METRICS.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual([
      "dotls_dns_requests_total",
    ]);
    for (const { name, labels } of METRICS) {
      for (const line of lines(text, `${name}{`)) {
        const shown = [...line.matchAll(/[{,]([a-z_]+)="/g)].map((match) => match[1]);
        expect([name, shown]).toEqual([name, [...labels]]);
      }
    }
  });

  it("keeps no name and no client: its labels are all of this list", () => {
    const bounded = new Set(
      "proto family type rcode source reason thread upstream outcome state resumed won version node hash".split(
        " ",
      ),
    );
    for (const { labels } of METRICS) for (const label of labels) expect(bounded).toContain(label);
  });
});

describeWith(["promtool"], "promtool", () => {
  it("check metrics finds nothing", async () => {
    const counters = new Counters();
    counters.received(outcomeOf("a."));
    counters.ended(outcomeOf("a."));
    const input = await metricsText(sampleOf({ tally: counters.tally }));
    const { status, stderr, stdout } = spawnSync("promtool", ["check", "metrics"], {
      input,
      encoding: "utf8",
    });
    expect({ status, output: stdout + stderr }).toEqual({ status: 0, output: "" });
  });
});
