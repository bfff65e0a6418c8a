import { describe, expect, it } from "vitest";
import { Flag } from "../../../src/dns/header.ts";
import { defaultAnswer } from "../../support/scripted-upstream/answers.ts";
import type { ScriptedUpstream } from "../../support/scripted-upstream.ts";
import { start } from "../../support/scripted-upstream/fixture.ts";
import { dotlsQuery } from "./ask.ts";

function spec({ port, name }: ScriptedUpstream): string {
  return `tls://127.0.0.1:${port}#${name}`;
}

/** An upstream whose record has another last byte. */
function startOther(): Promise<ScriptedUpstream> {
  const upstream: Promise<ScriptedUpstream> = start({
    answer: async (query) => {
      const answer = defaultAnswer(query, { ...(await upstream).knobs, padTo: 0 });
      // Header, question, owner, type, class, TTL, length, and the first three bytes of the address.
      answer[query.questionEnd + 15]! ^= 1;
      return answer;
    },
  });
  return upstream;
}

describe("dotls query --compare", () => {
  it("shows all servers side by side, and that they agree, whatever the TTL and the case", async () => {
    const [one, two] = [await start({ ttl: 300 }), await start({ ttl: 17, fault: "other-case" })];
    const { out, code } = await dotlsQuery(
      "www.example",
      "A",
      `+tls-ca=${one.caFile()}`,
      "--compare",
      spec(one),
      spec(two),
    );
    expect(code).toBe(0);
    const lines = out.split("\n");
    expect(lines[0]).toBe(";; QUESTION: www.example IN A");
    expect(lines[2]).toMatch(/^ +SERVER +STATUS +FLAGS +ANSWERS +CONNECT +TLS +QUERY +SIZE$/);
    for (const [at, upstream] of [one, two].entries()) {
      const [number, server, status, ...rest] = lines[3 + at]!.split(/ {2,}/);
      expect([number, server, status]).toEqual([String(at + 1), spec(upstream), "NOERROR"]);
      expect(rest.slice(0, 2)).toEqual(["qr rd ra", "1"]);
      expect(rest.slice(2, 5)).toEqual([0, 1, 2].map(() => expect.stringMatching(/^[\d.]+ ms$/)));
    }
    expect(out).toMatch(/^;; ANSWER: the same\nwww\.example\. IN A 10\.\d+\.\d+\.\d+$/m);
    expect(out).toContain("\n;; THE SAME from all that answered\n");
  });

  it("shows who gave which record where they differ, and who says what of it", async () => {
    const [one, two, three] = [
      await start(),
      await startOther(),
      await start({ rcodes: { "www.example": 2 }, ede: { code: 22, text: "nobody home" } }),
    ];
    const all = [one, two, three];
    const { out, code } = await dotlsQuery(
      "www.example",
      `+tls-ca=${one.caFile()}`,
      "--compare",
      ...all.map(spec),
    );
    expect(code).toBe(0);
    expect(out).toContain(";; EDE from 3: 22 (No Reachable Authority): (nobody home)\n");
    const section = out.split(";; ANSWER: differs\n")[1]!.split("\n\n")[0]!;
    const rows = section
      .split("\n")
      .map((row) => row.slice(0, 5))
      .sort();
    expect(rows).toEqual(["- 2 -", "1 - -"]);
    expect(out).toContain("\n;; DIFFERENT: status, extended errors, answer section\n");
  });

  it("exits 9 when one gives no answer, and shows the others", async () => {
    const [one, two] = [await start(), await start()];
    await two.refuse();
    const { out, code } = await dotlsQuery(
      "www.example",
      `+tls-ca=${one.caFile()}`,
      "--compare",
      spec(one),
      spec(two),
    );
    expect(code).toBe(9);
    expect(out).toMatch(/^1 {2}tls:\/\/\S+ +NOERROR/m);
    expect(out).toMatch(/^2 {2}tls:\/\/\S+ +no answer: connection refused$/m);
    expect(out).toContain("THE SAME from all that answered; 1 of 2 did not answer");
  });

  it("sends nothing to a server that is not who it must be", async () => {
    const [one, two] = [await start(), await start({ certificate: "wrong-name" })];
    const { out, code } = await dotlsQuery(
      "www.example",
      `+tls-ca=${one.caFile()}`,
      "--compare",
      spec(one),
      spec(two),
    );
    expect(code).toBe(9);
    expect(out).toContain("no answer: TLS: the certificate is not for dot.test, but for other.test");
    expect(two.counters.applicationBytes).toBe(0);
  });

  it("compares servers behind @ too, in the manner of the options", async () => {
    const [one, two] = [await start(), await start()];
    const args = ["+tls", `+tls-ca=${one.caFile()}`, `+tls-hostname=${one.name}`, `@127.0.0.1:${one.port}`];
    const { out, code } = await dotlsQuery("www.example", ...args, "--compare", spec(two), "+dnssec");
    expect(code).toBe(0);
    expect(out).toContain(`1  @127.0.0.1:${one.port} `);
    expect([one, two].map(({ counters }) => counters.queries)).toEqual([1, 1]);
  });

  it("prints one object of JSON", async () => {
    const [one, two] = [await start(), await startOther()];
    await one.present("good");
    const args = [`+tls-ca=${one.caFile()}`, "+json", "--compare", spec(one), spec(two)];
    const { out } = await dotlsQuery("www.example", ...args);
    const { answers, ...rest } = JSON.parse(out) as { answers: { from: number[] }[] };
    expect(rest).toMatchObject({
      question: { name: "www.example", type: "A", class: "IN" },
      differs: ["answers"],
      servers: [one, two].map((upstream) => ({
        spec: spec(upstream),
        status: "NOERROR",
        timing: { tls: expect.any(Number) as number },
      })),
    });
    expect(answers).toHaveLength(2);
    for (const at of [0, 1]) expect(answers).toContainEqual(expect.objectContaining({ from: [at] }));
  });

  it.each([
    [["www.example", "--compare", "tls://127.0.0.1"], "--compare needs two servers"],
    [["a.example", "b.example", "--compare", "quad9", "google"], "--compare takes one name"],
    [["www.example", "+tls-ca=/missing.pem", "--compare", "quad9", "google"], "+tls-ca: /missing.pem"],
    [["www.example", "-4", "--compare", "quad9", "https://[2001:db8::1]/q"], "address family not supported"],
    [["www.example", "--compare", "quad9", "nobody:knows:this"], "nobody:knows:this"],
  ])("refuses %j", async (args, reason) => {
    const { error, code } = await dotlsQuery(...args);
    expect(error).toContain(reason);
    expect(code).toBe(1);
  });

  it("has a flag of AD that not all set as a difference", async () => {
    const one = await start();
    const two: ScriptedUpstream = await start({
      answer: (query) => {
        const answer = defaultAnswer(query, two.knobs);
        answer[3]! |= Flag.AD;
        return answer;
      },
    });
    const { out } = await dotlsQuery(
      "www.example",
      `+tls-ca=${one.caFile()}`,
      "--compare",
      spec(one),
      spec(two),
    );
    expect(out).toContain(";; DIFFERENT: flags\n");
    expect(out).toContain(";; ANSWER: the same\n");
  });
});
