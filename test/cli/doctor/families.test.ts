import { connect, createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { RrType } from "../../../src/dns/rrtype.ts";
import { defaultAnswer } from "../../support/scripted-upstream/answers.ts";
import { start as startAny } from "../../support/scripted-upstream/fixture.ts";
import type { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { examineOne } from "./surroundings.ts";

describe("a server that has addresses of both families", () => {
  it("is offered for the other family when it works at the address that it says itself", async () => {
    const upstream: ScriptedUpstream = await startAny({
      answer: (query) => {
        const answer = defaultAnswer(query, { ...upstream.knobs, padTo: 0 });
        // Header, question, owner, type, class, TTL, length: then the address.
        if (query.type === RrType.AAAA)
          answer.set([...Array.from({ length: 15 }, () => 0), 1], query.questionEnd + 12);
        return answer;
      },
    });
    const refused = await examineOne(upstream);
    expect(refused.code).toBe(0);
    expect(refused.found.get("ipv4")!.facts).toEqual({ addresses: 1, usable: 1 });
    expect(refused.found.get("ipv6")).toMatchObject({ mark: "info", facts: { known: ["::1"] } });
    expect(refused.found.get("ipv6")!.text).toContain("cannot be used: connection refused");

    const door = createServer((client) => {
      const server = connect(upstream.port, upstream.address);
      for (const socket of [client, server]) socket.on("error", () => {});
      client.pipe(server).pipe(client);
    });
    await new Promise<void>((resolve) => door.listen(upstream.port, "::1", resolve));
    onTestFinished(() => void door.close());
    const open = await examineOne(upstream);
    expect(open.found.get("ipv6")!.text).toContain(`[::1]:${upstream.port} works too`);
    expect(open.found.get("ipv6")!.advice).toContain("Add ::1 to the addresses");
  });
});
