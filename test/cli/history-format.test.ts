import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { historyWriters } from "../../src/cli/history-format.ts";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { HistoryPrivacy } from "../../src/observe/history-privacy.ts";
import { HistoryRing } from "../../src/observe/history-ring.ts";
import { historySchema } from "../../src/observe/history-schema.ts";
import { type Outcome, Source } from "../../src/observe/outcome.ts";
import { outcomeOf } from "../observe/outcomes.ts";
import { describeWith } from "../support/needs.ts";

const clocks = { wall: () => Date.UTC(2026, 10, 21, 14, 0, 0, 12), monotonic: () => 0 };

function entryOf(
  name: string | null,
  changes: Partial<Outcome> = {},
  privacy?: HistoryPrivacy,
): HistoryEntry {
  const ring = new HistoryRing(1, clocks, null, privacy);
  ring.ended(outcomeOf(name, changes));
  return ring.entry(0)!;
}

describe("CSV", () => {
  it("has a column for each field and for each part of the time", () => {
    const header = historyWriters.csv.header().trimEnd().split(",");
    const { times, ...others } = historySchema.properties;
    expect(header).toEqual([
      ...Object.keys(others),
      ...Object.keys(times.properties!).map((part) => `times.${part}`),
    ]);
  });

  it("leaves empty what there is not", () => {
    expect(historyWriters.csv.row(entryOf("www.example.com."))).toBe(
      "1,2026-11-21T14:00:00.012Z,127.0.0.1,40000,udp,www.example.com.,A,IN,NOERROR,12.5,upstream,tls://192.0.2.1#dns.example,60,33,,0,qr rd ra,false,1232,0.04,0,0,0.005,8\n",
    );
    expect(
      historyWriters.csv.row(
        entryOf(null, { rcode: -1, source: Source.LOCAL, server: null, hasEdns: false }),
      ),
    ).toBe("1,2026-11-21T14:00:00.012Z,127.0.0.1,40000,udp,,,,,12.5,,,60,16,,0,,false,,,,,,\n");
  });
});

describeWith(["python3"], "CSV, read by another program", () => {
  it("gives back each value, whatever stands in it", () => {
    const odd = [
      entryOf("a\\034b,c.example."),
      entryOf("x.", { server: null, source: Source.LOCAL, error: 'he said "no", then\nnothing\r' }),
    ];
    const text = historyWriters.csv.header() + odd.map((entry) => historyWriters.csv.row(entry)).join("");
    const script = "import csv,json,sys; print(json.dumps(list(csv.DictReader(sys.stdin))))";
    // Python would turn ends of lines within values into its own.
    const env = { ...process.env, PYTHONIOENCODING: "utf8" };
    const code = `import io,sys; sys.stdin = io.TextIOWrapper(sys.stdin.buffer, newline=""); ${script}`;
    const rows = JSON.parse(
      execFileSync("python3", ["-c", code], { input: text, env, encoding: "utf8" }),
    ) as {
      name: string;
      error: string;
    }[];
    expect(rows.map(({ name, error }) => [name, error])).toEqual(
      odd.map(({ name, error }) => [name ?? "", error ?? ""]),
    );
  });
});

describe("the common log form of CoreDNS", () => {
  // As CoreDNS's plugin log documents it: `[::1]:50759 - 29008 "A IN example.org. udp 41 false 4096" NOERROR qr,rd,ra,ad 68 0.037990251s`.
  const form =
    /^\S+ (?:\[[0-9a-f:/]+\]|[\d./]+|-):(?:\d+|-) - \d+ "\S+ \S+ \S+ (?:udp|tcp) \d+ (?:true|false) \d+" \S+ [a-z,-]+ \d+ [\d.]+s\n$/;

  it.each([
    [
      entryOf("Example.org.", { clientAddress: "::1", replyFlags: 0x81a0, dnssecOk: true }),
      '2026-11-21T14:00:00.012Z [::1]:40000 - 0 "A IN example.org. udp 29 true 1232" NOERROR qr,rd,ra,ad 60 0.012500000s\n',
    ],
    [
      entryOf(null, { rcode: -1, hasEdns: false }, new HistoryPrivacy("hide-clients")),
      '2026-11-21T14:00:00.012Z -:- - 0 "- - - udp 16 false 512" - - 60 0.012500000s\n',
    ],
    [
      entryOf("x.", { clientAddress: "2001:db8::7" }, new HistoryPrivacy("mask-clients")),
      '2026-11-21T14:00:00.012Z [2001:db8::/56]:- - 0 "A IN x. udp 19 false 1232" NOERROR qr,rd,ra 60 0.012500000s\n',
    ],
  ])("%# is as CoreDNS writes it", (entry, line) => {
    expect(historyWriters.common.row(entry)).toBe(line);
    expect(line).toMatch(form);
  });
});
