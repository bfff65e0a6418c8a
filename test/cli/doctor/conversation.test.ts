import { describe, expect, it } from "vitest";
import { Flag } from "../../../src/dns/header.ts";
import { defaultAnswer } from "../../support/scripted-upstream/answers.ts";
import type { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { examine, examineOne, spec, start } from "./surroundings.ts";

describe("a server that is asked", () => {
  it("is found to answer out of order only when an answer was overtaken", async () => {
    const slow = (label: string) => label.startsWith("dotls-");
    const overtaken = await examineOne(await start({ delay: ({ name }) => (slow(name) ? 80 : 0) }));
    expect(overtaken.found.get("order")).toMatchObject({ mark: "ok", facts: { outOfOrder: true } });
    const inOrder = await examineOne(await start());
    expect(inOrder.found.get("order")).toMatchObject({ mark: "info", facts: { outOfOrder: null } });
  });

  it("that stays silent: the query fails", async () => {
    const upstream = await start({ silent: true });
    const { code, found } = await examine(spec(upstream), {
      flags: { tlsCa: upstream.caFile(), set: ["timeout=500ms"] },
    });
    expect(code).toBe(1);
    expect(found.get("query")).toMatchObject({ mark: "fail", text: "no answer within 0.5 s" });
  });

  it("that refuses the question: the query fails, and --name is suggested", async () => {
    const { code, found } = await examineOne(await start({ rcodes: { "example.com": 5 } }));
    expect(code).toBe(1);
    expect(found.get("query")).toMatchObject({ mark: "fail", facts: { status: "REFUSED" } });
    expect(found.get("query")!.advice).toContain("--name");
  });

  it("that hears only the first of several questions in one write", async () => {
    const upstream: ScriptedUpstream = await start({
      connection: () => ({
        answer: (query) =>
          query.name.startsWith("dotls-") || upstream.counters.queries <= 1 ? undefined : null,
      }),
    });
    const { found } = await examine(spec(upstream), {
      flags: { tlsCa: upstream.caFile(), set: ["timeout=500ms"] },
    });
    expect(found.get("pipelining")).toMatchObject({ mark: "warn" });
  });

  it("that closes after one answer", async () => {
    const { code, found } = await examineOne(await start({ closeAfter: 1 }));
    expect(code).toBe(0);
    expect(found.get("connection")).toMatchObject({ mark: "warn" });
    expect(found.has("pipelining")).toBe(false);
  });

  it("that pads nothing, changes the case, offers no recursion", async () => {
    const upstream: ScriptedUpstream = await start({
      padTo: 0,
      fault: ({ name }) => (/[a-z]/.test(name) && /[A-Z]/.test(name) ? "other-case" : null),
      answer: (query) => {
        const answer = defaultAnswer(query, { ...upstream.knobs, padTo: 0 });
        answer[3]! &= ~Flag.RA;
        return answer;
      },
    });
    const { code, found } = await examineOne(upstream);
    expect(code).toBe(0);
    for (const check of ["padding", "case", "query"])
      expect(found.get(check)).toMatchObject({ mark: "warn" });
    expect(found.get("query")!.text).toContain("no recursion");
  });
});
