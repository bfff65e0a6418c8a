import { join } from "node:path";
import type { Bench, Section } from "../bench.ts";
import { dotlsWith } from "../forwarders/dotls.ts";
import { echo, echoInNode } from "../forwarders/echo.ts";
import { askAll, dnsperf } from "../load.ts";
import { writeMixed, writeNames } from "../names.ts";
import { type Race, section } from "../race.ts";
import { keptZone } from "../upstream.ts";
import { usualRoom, withCache } from "./peers.ts";

/** How many names are asked for: what a busy office asks for in a day. */
function popular(bench: Bench): number {
  return bench.smoke ? 1000 : 10_000;
}

/** Writes the questions for them; gives the file's path. */
export function names(bench: Bench): string {
  return writeNames(join(bench.folder, "popular"), keptZone, popular(bench));
}

/** Fills the cache, and lets code be compiled. */
export async function warm(bench: Bench, port: number): Promise<void> {
  const list = names(bench);
  await askAll(port, list);
  await dnsperf(port, list, ["-q", "100"], Math.min(1, bench.seconds));
}

function hits(name: string, title: string, options: string): Race {
  return {
    name,
    title,
    prepare(bench) {
      const list = names(bench);
      return (port) => dnsperf(port, list, options.split(" "), bench.seconds);
    },
  };
}

/** Every query is answered from memory, over UDP. */
export const cacheHits: Section = section({
  entrants: [
    ...withCache.slice(0, 1),
    dotlsWith("io=dgram", ["io=dgram"]),
    ...withCache.slice(1),
    echo,
    echoInNode,
  ],
  setup: { cache: usualRoom },
  warm,
  races: [
    hits("hits-saturation", "cache hits at saturation, 100 in flight", "-q 100"),
    hits("hits-1000", "cache hits, 1,000 a second", "-Q 1000"),
  ],
});

/** The same over TCP. */
export const tcpHits: Section = section({
  entrants: withCache,
  setup: { cache: usualRoom },
  warm,
  races: [hits("tcp", "cache hits for 20 clients over TCP at saturation", "-m tcp -c 20 -q 100")],
});

/** Nine of ten are answered from memory. */
export const mixed: Section = section({
  entrants: withCache,
  setup: { cache: usualRoom },
  warm,
  races: [
    {
      name: "mixed",
      title: "mixed load at saturation: 90 % of popular names (Zipf), 10 % new ones that are kept",
      prepare(bench, round) {
        const file = join(bench.folder, "mixed");
        const count = Math.ceil(Math.max(1, bench.seconds) * 150_000);
        const list = writeMixed(file, keptZone, count, popular(bench), `r${round}-`);
        return (port) => dnsperf(port, list, ["-q", "100"], bench.seconds);
      },
    },
  ],
});

/** One worker and two on two cores, one of which they share with dnsperf. Sixteen clients, as the kernel gives each client to one worker. */
export const workers: Section = section({
  entrants: [dotlsWith("workers=2", ["workers=2"]), dotlsWith("workers=1", ["workers=1"])],
  setup: { cache: usualRoom, cores: "0,1" },
  warm,
  races: [
    hits(
      "workers",
      "two workers and one, on two cores: cache hits of 16 clients at saturation, 400 in flight",
      "-c 16 -q 400",
    ),
    hits(
      "workers-10000",
      "two workers and one, on two cores: cache hits of 16 clients, 10,000 a second",
      "-c 16 -Q 10000",
    ),
  ],
});
