import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { messageRcode } from "../../src/dns/message.ts";
import { addressOf } from "../support/scripted-upstream/answers.ts";
import { rawQuery, wireName } from "../support/raw-query.ts";
import { decode } from "./decoded.ts";
import { serve } from "./served.ts";

describe("identical questions in flight (T14)", () => {
  it("are asked once, and each client gets its own id, case, EDNS and size", async () => {
    const served = await serve({ upstream: { delay: 200, size: 900 } });
    const tcp = await served.tcp();
    const plain = served.udp();
    const mixed = served.udp();
    const large = served.udp();
    tcp.send(rawQuery({ id: 1, name: "one.test" }));
    plain.send(rawQuery({ id: 1, name: "one.test" }));
    mixed.send(rawQuery({ id: 2, name: "OnE.tEsT", opt: { udpSize: 600 } }));
    large.send(rawQuery({ id: 3, name: "ONE.TEST", opt: { udpSize: 1232 } }));
    const whole = decode(await tcp.receive());
    const first = decode((await plain.receive()).bytes);
    const second = decode((await mixed.receive()).bytes);
    const third = decode((await large.receive()).bytes);
    expect(served.upstream.counters.queries).toBe(1);
    expect([whole, first, second, third].map(({ id }) => id)).toEqual([1, 1, 2, 3]);
    expect([whole, first, second, third].map(({ flags }) => flags & Flag.TC)).toEqual([
      0,
      Flag.TC,
      Flag.TC,
      0,
    ]);
    expect([whole, first, second, third].map(({ edns }) => edns !== null)).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(Buffer.from(second.questions[0]!.name).equals(wireName("OnE.tEsT"))).toBe(true);
    expect(Buffer.from(third.questions[0]!.name).equals(wireName("ONE.TEST"))).toBe(true);
    expect(third.answers.length).toBe(whole.answers.length);
  });

  it("are asked apart when DO, CD, type or class differ", async () => {
    const served = await serve({ upstream: { delay: 100 } });
    const tcp = await served.tcp();
    tcp.send(
      rawQuery({ id: 1 }),
      rawQuery({ id: 2, opt: { dnssecOk: true } }),
      rawQuery({ id: 3, flags: Flag.RD | Flag.CD }),
      rawQuery({ id: 4, type: 28 }),
      rawQuery({ id: 5, class: 4 }),
      rawQuery({ id: 6 }),
    );
    const ids: number[] = [];
    for (let i = 0; i < 6; i++) ids.push(decode(await tcp.receive()).id);
    expect(ids.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(served.upstream.counters.queries).toBe(5);
  });

  it("give AD to those alone who asked for it", async () => {
    const served = await serve({
      upstream: { delay: 100, answer: ({ id }) => rawQuery({ id, flags: Flag.QR | Flag.AD }) },
    });
    const tcp = await served.tcp();
    tcp.send(rawQuery({ id: 1 }), rawQuery({ id: 2, flags: Flag.RD | Flag.AD }));
    const flags = new Map<number, number>();
    for (let i = 0; i < 2; i++) {
      const reply = decode(await tcp.receive());
      flags.set(reply.id, reply.flags & Flag.AD);
    }
    expect([flags.get(1), flags.get(2)]).toEqual([0, Flag.AD]);
    expect(served.upstream.counters.queries).toBe(1);
  });

  it("all fail when the first fails, and the next one is asked anew", async () => {
    const served = await serve({ timeout: 400, upstream: { silent: true } });
    const udp = served.udp();
    const tcp = await served.tcp();
    for (let id = 0; id < 5; id++) udp.send(rawQuery({ id, opt: {} }));
    tcp.send(rawQuery({ id: 9 }));
    const ids: number[] = [];
    for (let i = 0; i < 5; i++) {
      const reply = decode((await udp.receive()).bytes);
      expect(messageRcode(reply)).toBe(2);
      expect(reply.edns!.options.map(({ code }) => code)).toEqual([15]);
      ids.push(reply.id);
    }
    expect(ids.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
    expect(messageRcode(decode(await tcp.receive()))).toBe(2);
    served.upstream.set({ silent: false });
    const reply = decode(await udp.ask(rawQuery({ id: 7 })));
    expect(Array.from(reply.answers[0]!.rdata).join(".")).toBe(addressOf("example.test"));
  });

  it("do not lose the followers when the client that asked first is gone", async () => {
    const served = await serve({ upstream: { delay: 200 } });
    const first = await served.tcp();
    const udp = served.udp();
    await first.ask(rawQuery({ name: "warm.test" }));
    first.send(rawQuery({ id: 1 }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    udp.send(rawQuery({ id: 2 }));
    first.socket.resetAndDestroy();
    expect(decode((await udp.receive()).bytes).id).toBe(2);
    expect(served.upstream.counters.queries).toBe(2);
  });
});
