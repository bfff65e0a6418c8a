import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { lookWithoutTrust } from "../../../src/cli/doctor/look-without-trust.ts";
import { TrustAnchors } from "../../../src/upstream/trust-anchors.ts";
import { ClientFiles, createClientAuthority } from "../../support/scripted-upstream/client-identities.ts";
import { examine, examineOne, spec, start } from "./surroundings.ts";

describe("lookWithoutTrust", () => {
  it("shows who is there, and sends nothing to anybody, trusted or not", async () => {
    for (const certificate of ["good", "self-signed"] as const) {
      const upstream = await start({ certificate });
      const target = {
        address: upstream.address,
        port: upstream.port,
        name: upstream.name,
        pins: [],
        anchors: new TrustAnchors(upstream.ca),
        minVersion: "TLSv1.2" as const,
      };
      const look = await lookWithoutTrust(target, { alpn: ["dot"] });
      expect(look).toMatchObject({ version: "TLSv1.3", alpn: "dot" });
      expect("chain" in look && look.chain[0]).toMatchObject({ pin: upstream.pin });
      expect(upstream.counters.applicationBytes).toBe(0);
      expect(upstream.counters.connections).toBe(1);
    }
  });
});

describe("looks and tries at an upstream with options of its own", () => {
  it("send the name to nobody where SNI is off", async () => {
    const hellos: string[] = [];
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (hello) => {
        hellos.push(hello.toString("latin1"));
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const anchors = new TrustAnchors("");
    const target = { address: "127.0.0.1", port, name: "dot.test", pins: [], anchors } as const;
    for (const sni of [true, false]) {
      await lookWithoutTrust({ ...target, sni, minVersion: "TLSv1.2" }, { alpn: ["dot"] });
    }
    expect(hellos.map((hello) => hello.includes("dot.test"))).toEqual([true, false]);
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "show the client certificate to a server that wants one, in %s",
    async (maxVersion) => {
      const authority = await createClientAuthority();
      const upstream = await start({ clientCa: authority.ca, maxVersion });
      const files = new ClientFiles(await authority.issue("the doctor"));
      const set = [`tls.cert=${files.cert}`, `tls.key=${files.key}`];
      const { code, found } = await examine(spec(upstream), { flags: { tlsCa: upstream.caFile(), set } });
      expect(code).toBe(0);
      expect([...upstream.counters.clients.keys()]).toEqual(["the doctor"]);
      expect(found.get("tls-versions")!.facts["accepted"]).toContain(maxVersion);
      expect(found.get("alpn")).toMatchObject({ facts: { result: "accepted" } });
    },
  );

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "say what is missing when it is not configured, in %s",
    async (maxVersion) => {
      const authority = await createClientAuthority();
      const upstream = await start({ clientCa: authority.ca, maxVersion });
      const { code, json } = await examineOne(upstream);
      expect(code).toBe(1);
      const failed = json.upstreams[0]!.servers[0]!.findings.filter(({ mark }) => mark === "fail");
      expect(failed.map(({ advice }) => advice).join("\n")).toContain("tls.cert");
    },
  );
});
