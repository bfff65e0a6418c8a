import { describe, expect, it } from "vitest";
import { type DecodedMessage, messageRcode } from "../../src/dns/message.ts";
import { rawQuery } from "../support/raw-query.ts";
import { decode } from "./decoded.ts";
import { serve } from "./served.ts";

/** Code and text of each extended error of a reply. */
function errorsOf({ edns }: DecodedMessage): [number, string][] {
  const errors = edns?.options.filter(({ code }) => code === 15) ?? [];
  return errors.map(({ data }) => [(data[0]! << 8) | data[1]!, Buffer.from(data.subarray(2)).toString()]);
}

describe("extended errors (3.3 item 28)", () => {
  it("of the server are passed on, to who sent OPT", async () => {
    const served = await serve({
      upstream: { ede: { code: 6, text: "bogus, ça va" }, rcodes: { "example.test": 2 } },
    });
    const udp = served.udp();
    expect(errorsOf(decode(await udp.ask(rawQuery({ opt: {} }))))).toEqual([[6, "bogus, ça va"]]);
    expect(decode(await udp.ask(rawQuery())).edns).toBeNull();
  });

  it("say 22 when nobody was there", async () => {
    const served = await serve({ timeout: 500 });
    await served.upstream.refuse();
    const reply = decode(await served.udp().ask(rawQuery({ opt: {} })));
    expect(messageRcode(reply)).toBe(2);
    const [[code, text]] = errorsOf(reply) as [[number, string]];
    expect(code).toBe(22);
    expect(text).toContain("upstream");
  });

  it("say 22 when time was over", async () => {
    const served = await serve({ timeout: 300, upstream: { silent: true } });
    const reply = decode(await served.udp().ask(rawQuery({ opt: {} })));
    expect(errorsOf(reply)).toEqual([[22, "upstream: no answer within 0.3 s"]]);
  });

  it("say 23 and why when somebody was there and was not who it should be", async () => {
    const served = await serve({ timeout: 1000, upstream: { certificate: "expired" } });
    const [[code, text]] = errorsOf(decode(await served.udp().ask(rawQuery({ opt: {} })))) as [
      [number, string],
    ];
    expect(code).toBe(23);
    expect(text).toContain("expired");
  });

  it("say 18 to who may not ask", async () => {
    const served = await serve({ allow: ["10.0.0.0/8"] });
    const reply = decode(await served.udp().ask(rawQuery({ opt: {} })));
    expect([messageRcode(reply), errorsOf(reply)[0]![0]]).toEqual([5, 18]);
    expect(served.upstream.counters.queries).toBe(0);
  });

  it("say 20 to who asks without RD (3.2 item 17)", async () => {
    const served = await serve();
    const reply = decode(await served.udp().ask(rawQuery({ flags: 0, opt: {} })));
    expect([messageRcode(reply), errorsOf(reply)[0]![0]]).toEqual([5, 20]);
    expect(served.upstream.counters.queries).toBe(0);
  });

  it.each([
    ["AXFR", { type: 252 }, 4],
    ["IXFR", { type: 251 }, 4],
    ["CHAOS", { type: 16, class: 3, name: "version.bind" }, 5],
  ])("say 21 for %s (3.2 item 17)", async (_, query, rcode) => {
    const served = await serve();
    const reply = decode(await served.udp().ask(rawQuery({ ...query, opt: {} })));
    expect([messageRcode(reply), errorsOf(reply)[0]![0]]).toEqual([rcode, 21]);
    expect(served.upstream.counters.queries).toBe(0);
  });
});
