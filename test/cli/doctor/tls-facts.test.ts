import { describe, expect, it } from "vitest";
import { tlsFindings } from "../../../src/cli/doctor/tls-facts.ts";
import { TrustAnchors } from "../../../src/upstream/trust-anchors.ts";
import { examineOne, start } from "./surroundings.ts";

describe("what a server makes of TLS", () => {
  it.each([
    [["dot"], "accepted", "ok"],
    [null, "ignored", "ok"],
  ] as const)("ALPN of %j: dot is %s", async (alpn, result, mark) => {
    const { found } = await examineOne(await start({ alpn }));
    expect(found.get("alpn")).toMatchObject({ mark, facts: { offered: "dot", result } });
  });

  it("that refuses the ALPN of DNS over TLS is told from one that ignores it", async () => {
    const upstream = await start({ alpn: ["h2"] });
    const { address, port, name } = upstream;
    const anchors = new TrustAnchors(upstream.ca);
    const findings = await tlsFindings(
      { address, port, name, pins: [], anchors, minVersion: "TLSv1.2" },
      "dot",
    );
    expect(findings.find(({ check }) => check === "alpn")).toMatchObject({
      mark: "warn",
      facts: { offered: "dot", result: "refused" },
    });
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  it("that speaks TLS 1.2 alone is warned of", async () => {
    const { code, found } = await examineOne(await start({ maxVersion: "TLSv1.2" }));
    expect(code).toBe(0);
    expect(found.get("tls-versions")).toMatchObject({ mark: "warn", facts: { accepted: ["TLSv1.2"] } });
  });
});
