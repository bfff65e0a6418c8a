import { describe, expect, onTestFinished, test } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { decode } from "../conformance/decoded.ts";
import { serve } from "../conformance/served.ts";
import { Flag } from "../../src/dns/header.ts";
import type { DecodedMessage } from "../../src/dns/message.ts";
import { RrType } from "../../src/dns/rrtype.ts";
import { folderWith } from "../support/config-folder.ts";
import { UdpProbe } from "../support/plain-client.ts";
import { pointer, type RawQuery, rawQuery, rawRecord } from "../support/raw-query.ts";
import type { ScriptedQuery } from "../support/scripted-upstream/query.ts";

/** An address, and a signature for who wants one. */
function signed({ id, name, opt }: ScriptedQuery): Uint8Array {
  const address = rawRecord(pointer(12), RrType.A, Buffer.of(192, 0, 2, 1));
  const signature = rawRecord(pointer(12), RrType.RRSIG, Buffer.alloc(40));
  const answers = opt?.dnssecOk === true ? [address, signature] : [address];
  return rawQuery({ id, name, flags: Flag.QR | Flag.RD | Flag.RA, answers });
}

/** How the name of the question was written. */
function spelling({ questions }: DecodedMessage): string {
  return Buffer.from(questions[0]!.name).toString("latin1").slice(1, 5);
}

describe("T14: two queries at once for one name, type and class", () => {
  const queries: readonly RawQuery[] = [
    { id: 7, name: "case.test" },
    { id: 7, name: "CASE.test" },
    { id: 7, name: "Case.test", opt: {} },
    { id: 7, name: "cASE.test", opt: { dnssecOk: true } },
    { id: 7, name: "caSE.test", opt: { dnssecOk: true } },
  ];
  const right = queries.map(({ id, name, opt }) => ({
    id,
    name: String(name).slice(0, 4),
    edns: opt !== undefined,
    types: opt?.dnssecOk === true ? [RrType.A, RrType.RRSIG] : [RrType.A],
  }));
  const seen = (reply: DecodedMessage): unknown => ({
    id: reply.id,
    name: spelling(reply),
    edns: reply.edns !== null,
    types: reply.answers.map(({ type }) => type),
  });

  test.each(["udp", "tcp"] as const)(
    "that differ in DO, case or EDNS, with one id, over %s: each gets its own answer",
    async (transport) => {
      const served = await serve({ upstream: { answer: signed, delay: 300 } });
      const client = transport === "udp" ? served.udp() : await served.tcp();
      for (const query of queries) client.send(rawQuery(query));
      const replies: unknown[] = [];
      while (replies.length < queries.length) {
        const got = await client.receive();
        replies.push(seen(decode("bytes" in got ? got.bytes : got)));
      }
      expect(replies).toHaveLength(right.length);
      expect(replies).toEqual(expect.arrayContaining(right));
      // Asked once for each value of DO.
      expect(served.upstream.counters.queries).toBe(2);
    },
  );
});

describe("T15: a configuration with one typo", () => {
  test.each(["serve", "check"])("dotls %s exits 1 and names line and key", async (command) => {
    const yaml = "listen:\n  - 127.0.0.1:0\ntimeuot: 2s\nupstreams:\n  - tls://192.0.2.1#dot.test\n";
    const { code, stderr } = await runCommand(command, [], { cwd: folderWith({ "dotls.yaml": yaml }) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/dotls\.yaml:3:\d+: .*timeuot.*timeout/);
  });
});

test("T16: with a wildcard listener the reply comes from the address that was asked", async () => {
  const served = await serve({ listen: [{ transport: "udp", address: "::", port: 0 }] });
  for (const address of ["127.0.0.1", "127.0.0.5", "::1"]) {
    const client = new UdpProbe(served.port, address);
    onTestFinished(() => client.close());
    client.send(rawQuery());
    const { address: from, port, bytes } = await client.receive();
    expect({ from, port }).toEqual({ from: address, port: served.port });
    expect(decode(bytes).answers).toHaveLength(1);
  }
});
