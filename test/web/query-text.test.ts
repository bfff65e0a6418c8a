import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { commandOf, digText } from "../../web/text/query-text.ts";
import { stagesOf } from "../../web/text/stages.ts";

const entry: HistoryEntry = {
  v: 1,
  time: "2026-11-21T14:00:00.012Z",
  client: "192.0.2.7",
  port: 40_000,
  transport: "udp",
  name: "www.example.com.",
  type: "AAAA",
  class: "IN",
  rcode: "NOERROR",
  ms: 8.25,
  source: "upstream",
  server: "tls://192.0.2.1#dns.example",
  bytes: 60,
  querySize: 33,
  error: null,
  id: 4711,
  flags: "qr rd ra",
  dnssec: true,
  udpSize: 1232,
  times: { wait: 1, connect: 2, tls: 3, send: 0.25, answer: 1.5 },
};

describe("the command that asks again", () => {
  it("asks the listener that was asked", () => {
    const listeners = ["udp://127.0.0.1:5300", "tcp://[::1]:5301"];
    expect(commandOf(entry, listeners)).toBe("dotls query @127.0.0.1 -p 5300 -q www.example.com. -t AAAA");
    expect(commandOf({ ...entry, transport: "tcp", class: "CH" }, listeners)).toBe(
      "dotls query @::1 -p 5301 -q www.example.com. -t AAAA -c CH +tcp",
    );
  });

  it("asks this host where the listener is a wildcard, and the system's server where there is none", () => {
    expect(commandOf(entry, ["udp://0.0.0.0:53"])).toContain("@127.0.0.1 -p 53");
    expect(commandOf(entry, ["udp://[::]:53"])).toContain("@::1 -p 53");
    expect(commandOf(entry, [])).toBe("dotls query -q www.example.com. -t AAAA");
  });

  it("is not there for what was no question", () => {
    expect(commandOf({ ...entry, name: null, type: null, class: null }, [])).toBeNull();
  });

  it("is for a shell the words that it is meant to be, whatever the name holds", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        fc.pre(!name.includes("\0"));
        const command = commandOf({ ...entry, name }, [])!;
        const words = execFileSync("sh", ["-c", `set -- ${command}; printf '%s\\0' "$@"`], {
          encoding: "utf8",
        });
        expect(words).toBe(["dotls", "query", "-q", name, "-t", "AAAA", ""].join("\0"));
      }),
      { numRuns: 60, examples: [["$(id)'; rm -rf ~ `id` \"\n"], ["-x"], ["a\\046b."]] },
    );
  });
});

describe("a query as dig would print it", () => {
  it("holds what the history knows", () => {
    expect(digText(entry).split("\n")).toEqual([
      ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4711",
      ";; flags: qr rd ra",
      "",
      "; EDNS: version: 0, flags: do; udp: 1232",
      "",
      ";; QUESTION SECTION:",
      ";www.example.com.\t\tIN\tAAAA",
      "",
      ";; Query time: 8.25 msec",
      ";; SERVER: tls://192.0.2.1#dns.example",
      ";; CLIENT: 192.0.2.7#40000 (UDP)",
      expect.stringMatching(/^;; WHEN: 2026-11-2\d /),
      ";; MSG SIZE  sent: 33  rcvd: 60",
    ]);
  });

  it("says what is not known", () => {
    const little: HistoryEntry = {
      ...entry,
      name: null,
      type: null,
      class: null,
      rcode: null,
      flags: null,
      source: null,
      server: null,
      client: null,
      port: null,
      udpSize: null,
      error: "not a query",
    };
    expect(digText(little)).toContain("status: no answer");
    expect(digText(little)).toContain(";; WHY: not a query");
    expect(digText(little)).toContain(";; CLIENT: not kept (UDP)");
    expect(digText(little)).not.toContain("QUESTION");
  });
});

describe("the stages of a query", () => {
  it("follow one another to its end", () => {
    const stages = stagesOf(entry);
    expect(stages.map(({ label, start, length }) => [label, start, length])).toEqual([
      ["wait", 0, 1],
      ["connect", 1, 2],
      ["TLS", 3, 3],
      ["send", 6, 0.25],
      ["answer", 6.25, 1.5],
      ["reply", 7.75, 0.5],
    ]);
  });

  it("are one where nobody was waited for, and never less than nothing", () => {
    expect(stagesOf({ ms: 0.1, times: null })).toMatchObject([{ label: "in all", start: 0, length: 0.1 }]);
    expect(stagesOf({ ...entry, ms: 1 }).at(-1)).toMatchObject({ label: "reply", length: 0 });
  });
});
