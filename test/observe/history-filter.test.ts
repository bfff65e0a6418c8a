import { describe, expect, it } from "vitest";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { historyFilter } from "../../src/observe/history-filter.ts";

const entry: HistoryEntry = {
  v: 1,
  time: "2026-11-21T14:00:00.500Z",
  client: "192.168.1.7",
  port: 40_000,
  transport: "udp",
  name: "Www.Example.com.",
  type: "HTTPS",
  class: "IN",
  rcode: "NXDOMAIN",
  ms: 150,
  source: "upstream",
  server: "tls://192.0.2.1#dns.example",
  bytes: 50,
  querySize: 40,
  error: null,
  id: 7,
  flags: "qr rd ra",
  dnssec: false,
  udpSize: null,
  times: null,
};

describe("historyFilter", () => {
  it.each([
    [{}, true],
    [{ source: "upstream" }, true],
    [{ source: "Cache" }, false],
    [{ upstream: "tls://192.0.2.*" }, true],
    [{ upstream: "tls://192.0.2.2*" }, false],
    [{ slow: "150ms" }, true],
    [{ slow: "0.15s" }, true],
    [{ slow: "1s" }, false],
    [{ slow: "151" }, false],
    [{ since: "2026-11-21T14:00:00.500Z" }, true],
    [{ since: "2026-11-21T14:00:00.501Z" }, false],
    [{ since: "2026-11-21T15:00:00.500+01:00" }, true],
    [{ until: "2026-11-21T14:00:00.500Z" }, false],
    [{ until: "2026-11-21T14:00:00.501Z" }, true],
    [{ name: "www.example.com" }, true],
    [{ name: "www.example.com." }, true],
    [{ name: "*.example.com" }, true],
    [{ name: "example.com" }, false],
    [{ name: "www.example.com?" }, false],
    [{ name: "*.com." }, true],
    [{ rcode: "nxdomain" }, true],
    [{ rcode: "SERVFAIL" }, false],
    [{ rcode: "none" }, false],
    [{ type: "https" }, true],
    [{ type: "TYPE65" }, true],
    [{ type: "A" }, false],
    [{ client: "192.168.1.7" }, true],
    [{ client: "192.168.*" }, true],
    [{ client: "10.*" }, false],
    [{ name: "*.example.com", type: "A" }, false],
  ])("%o: %s", (query, wanted) => {
    expect(historyFilter(query)(entry)).toBe(wanted);
  });

  it("finds queries without an answer, and never a name where none could be read", () => {
    const unread = { ...entry, name: null, type: null, class: null, rcode: null };
    expect(historyFilter({ rcode: "none" })(unread)).toBe(true);
    expect(historyFilter({ name: "*" })(unread)).toBe(false);
  });

  it("matches the root, whose only dot is not left out", () => {
    expect(historyFilter({ name: "." })({ ...entry, name: "." })).toBe(true);
    expect(historyFilter({ name: "?" })({ ...entry, name: "." })).toBe(true);
  });

  it.each([
    [{ since: "yesterday" }, 'since: "yesterday" is not a time'],
    [{ until: "" }, 'until: "" is not a time'],
    [{ rcode: "NOPE" }, 'rcode: "NOPE" is not a response code'],
    [{ type: "TYPE70000" }, 'type: "TYPE70000" is not a record type'],
  ])("refuses %o", (query, message) => {
    expect(() => historyFilter(query)).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_HISTORY_QUERY", message: expect.stringContaining(message) }),
    );
  });
});
