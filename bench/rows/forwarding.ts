import { join } from "node:path";
import type { Bench, Section } from "../bench.ts";
import { dnsdist } from "../forwarders/dnsdist.ts";
import { dotls } from "../forwarders/dotls.ts";
import { kresd } from "../forwarders/kresd.ts";
import { smartdns } from "../forwarders/smartdns.ts";
import { stubby } from "../forwarders/stubby.ts";
import { unbound } from "../forwarders/unbound.ts";
import { dnsperf } from "../load.ts";
import { writeNames } from "../names.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { section } from "../race.ts";
import { zone } from "../upstream.ts";

/** Each name once in a run: what is asked again in the next one was answered with TTL 0. */
function names(bench: Bench, perSecond: number): string {
  const count = Math.ceil(Math.max(1, bench.seconds) * perSecond);
  return writeNames(join(bench.folder, "distinct"), zone, count);
}

/** Every query goes to the upstream, over TLS. */
export const forwarding: Section = section({
  entrants: [dotls, kresd, dnsdist, unbound, smartdns, stubby],
  setup: { cache: null },
  async warm(bench, port) {
    await dnsperf(port, names(bench, 150_000), ["-q", "100"], Math.min(1, bench.seconds));
  },
  races: [
    {
      name: "forward-saturation",
      title: "forwarding distinct names over TLS at saturation, 100 in flight",
      prepare(bench) {
        const list = names(bench, 150_000);
        return (port) => dnsperf(port, list, ["-q", "100"], bench.seconds);
      },
    },
    {
      name: "forward-1000",
      title: "forwarding distinct names over TLS, 1,000 a second",
      prepare(bench) {
        const list = names(bench, 2000);
        return (port) => dnsperf(port, list, ["-Q", "1000"], bench.seconds);
      },
    },
    {
      name: "forward-one",
      title: "forwarding distinct names over TLS, one query at a time",
      prepare: (bench) => (port) => oneAtATime(port, bench.seconds),
    },
  ],
});
