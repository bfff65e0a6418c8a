import { describe, expect, it } from "vitest";
import { doctor, examine, spec, start } from "./surroundings.ts";

describe("which upstreams are looked at", () => {
  it("those of the configuration, and those of its routes with a name that goes there", async () => {
    const [all, corp] = [await start(), await start()];
    const routes = JSON.stringify([{ match: ["corp.example"], upstreams: [spec(corp)] }]);
    const { text } = await doctor({
      json: true,
      flags: { tlsCa: all.caFile(), upstream: [spec(all)], set: [`routes=${routes}`] },
    });
    const { upstreams } = JSON.parse(text) as { upstreams: { upstream: string }[] };
    expect(upstreams.map(({ upstream }) => upstream)).toEqual([spec(all), spec(corp)]);
    expect([...all.counters.names.keys()]).toContain("example.com");
    expect([...corp.counters.names.keys()]).toContain("corp.example");
    expect([...corp.counters.names.keys()]).not.toContain("dnssec-failed.org");
  });

  it("one that is broken beside one that works: both are shown, exit 1", async () => {
    const [good, bad] = [await start(), await start({ certificate: "expired" })];
    const { code, text } = await doctor({ specs: [spec(good), spec(bad)], flags: { tlsCa: good.caFile() } });
    expect(code).toBe(1);
    expect(text).toContain(`${spec(good)} at 127.0.0.1:${good.port}\n  + ok    connect`);
    expect(text).toContain(`${spec(bad)} at 127.0.0.1:${bad.port}\n  x fail  handshake`);
  });

  it("a plain server of a route, which goes in the clear", async () => {
    const { code, found } = await examine("udp://127.0.0.1:1", { flags: { set: ["timeout=500ms"] } });
    expect(code).toBe(1);
    expect(found.get("protocol")).toMatchObject({ mark: "warn", text: "queries go in the clear" });
    expect(found.get("query")).toMatchObject({ mark: "fail", text: "connection refused" });
  });

  it("none, when the configuration cannot be used: that is what is broken", async () => {
    const { code, text } = await doctor({ flags: { set: ["timeout=never"] } });
    expect(code).toBe(1);
    expect(text).toMatch(
      /^configuration\n {2}x fail {2}configuration +dotls cannot start with it\n +--set: timeout: /,
    );
  });

  it("refuses what is no upstream", async () => {
    await expect(doctor({ specs: ["tls://"] })).rejects.toMatchObject({ code: "ERR_DOTLS_BAD_UPSTREAM" });
  });
});
