import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import { folderWith } from "../../support/config-folder.ts";
import { type DohKnobs, ScriptedDoh } from "../../support/scripted-doh.ts";
import { type DoctorJson, doctor, findingsByCheck } from "./surroundings.ts";

describe("a server over HTTPS", () => {
  function url({ port }: ScriptedDoh, path = "/dns-query"): string {
    return JSON.stringify([{ server: `https://dot.test:${port}${path}`, addresses: ["127.0.0.1"] }]);
  }

  async function examineHttps(server: ScriptedDoh): Promise<{ code: number; found: Map<string, Finding> }> {
    const file = join(folderWith({ "ca.pem": server.ca }), "ca.pem");
    const set = [`upstreams=${url(server)}`, "timeout=500ms"];
    const { code, text } = await doctor({ json: true, flags: { tlsCa: file, set } });
    return { code, found: findingsByCheck(JSON.parse(text) as DoctorJson) };
  }

  /** Knows no address of itself: the doctor would try it. */
  const answer: DohKnobs["answer"] = ({ name }) => (name === "dot.test" ? null : undefined);

  it("is looked at like one over TLS", async () => {
    const server = await ScriptedDoh.start({ answer });
    const { code, found } = await examineHttps(server);
    expect(code).toBe(0);
    for (const check of ["connect", "handshake", "certificate", "query", "resumption", "case"]) {
      expect(found.get(check)!.mark).toBe("ok");
    }
    expect(found.get("alpn")).toMatchObject({ mark: "ok", facts: { offered: "h2", result: "accepted" } });
    expect(found.get("pins")!.facts["seen"]).toContain(server.pin);
    expect(found.get("idle")!.facts).toMatchObject({ seconds: null, closedAfter: null });
    expect(server.resumed).toBe(1);
  });

  it("that is not who it must be gets no request", async () => {
    const server = await ScriptedDoh.start({ certificate: "wrong-name" });
    const { code, found } = await examineHttps(server);
    expect(code).toBe(1);
    expect(found.get("handshake")).toMatchObject({ mark: "fail", facts: { kind: "name" } });
    expect(server.requests).toEqual([]);
  });

  it("that has no DNS at this path: the query fails with what HTTP says", async () => {
    const { code, found } = await examineHttps(await ScriptedDoh.start({ status: 404 }));
    expect(code).toBe(1);
    expect(found.get("query")!.text).toContain("404");
  });
});
