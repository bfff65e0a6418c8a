import { describe, expect, it } from "vitest";
import { messageRcode } from "../../src/dns/message.ts";
import { rawQuery } from "../support/raw-query.ts";
import { decode } from "./decoded.ts";
import { serve } from "./served.ts";

const asked = rawQuery({ opt: { options: [{ code: 11 }] } });
const valued = rawQuery({ opt: { options: [{ code: 11, data: Buffer.of(0, 100) }] } });

describe("edns-tcp-keepalive (3.3 item 24)", () => {
  it("says 30 seconds over TCP to who asks", async () => {
    const tcp = await (await serve()).tcp();
    expect(decode(await tcp.ask(asked)).edns!.options).toEqual([{ code: 11, data: Uint8Array.of(1, 44) }]);
  });

  it("is not sent to who does not ask, nor without EDNS", async () => {
    const tcp = await (await serve()).tcp();
    expect(decode(await tcp.ask(rawQuery({ opt: {} }))).edns!.options).toEqual([]);
    expect(decode(await tcp.ask(rawQuery())).edns).toBeNull();
  });

  it("is in errors as well", async () => {
    const tcp = await (await serve()).tcp();
    const refused = decode(await tcp.ask(rawQuery({ flags: 0, opt: { options: [{ code: 11 }] } })));
    expect(refused.edns!.options.map(({ code }) => code)).toEqual([11, 15]);
  });

  it("is never sent over UDP, and ignored there whatever its value (section 3.2.1)", async () => {
    const udp = (await serve()).udp();
    for (const query of [asked, valued]) {
      const reply = decode(await udp.ask(query));
      expect(messageRcode(reply)).toBe(0);
      expect(reply.edns!.options).toEqual([]);
    }
  });

  it("with a value over TCP is FORMERR", async () => {
    const tcp = await (await serve()).tcp();
    expect(messageRcode(decode(await tcp.ask(valued)))).toBe(1);
    expect(messageRcode(decode(await tcp.ask(asked)))).toBe(0);
  });

  it("of the server is not passed on", async () => {
    const tcp = await (await serve({ upstream: { keepalive: 7 } })).tcp();
    expect(decode(await tcp.ask(rawQuery({ opt: {} }))).edns!.options).toEqual([]);
    expect(decode(await tcp.ask(asked)).edns!.options).toEqual([{ code: 11, data: Uint8Array.of(1, 44) }]);
  });
});
