import { describe, expect, it } from "vitest";
import { Flag } from "../../src/dns/header.ts";
import { rawQuery } from "../support/raw-query.ts";
import { decode } from "./decoded.ts";
import { serve } from "./served.ts";

describe("section 5.7 and 5.8: AD (3.2 item 15)", () => {
  it.each([
    ["nothing", 0, undefined, 0],
    ["AD", Flag.AD, undefined, Flag.AD],
    ["OPT without DO", 0, {}, 0],
    ["DO", 0, { dnssecOk: true }, Flag.AD],
    ["both", Flag.AD, { dnssecOk: true }, Flag.AD],
  ])("comes back set to a client that sends %s when the server set it", async (_, flags, opt, ad) => {
    let fromServer: number = Flag.AD;
    const served = await serve({
      upstream: { answer: ({ id }) => rawQuery({ id, flags: Flag.QR | Flag.RD | fromServer }) },
    });
    const query = rawQuery({ flags: Flag.RD | flags, ...(opt && { opt }) });
    expect(decode(await served.udp().ask(query)).flags & Flag.AD).toBe(ad);
    fromServer = 0;
    expect(decode(await served.udp().ask(query)).flags & Flag.AD).toBe(0);
  });
});

describe("section 5.9: CD (3.2 item 15)", () => {
  it.each([0, Flag.CD])("is passed to the server and comes back as sent: %i", async (cd) => {
    const seen: number[] = [];
    const served = await serve({
      upstream: {
        answer: ({ id, flags }) => {
          seen.push(flags & Flag.CD);
          // A server that says the contrary does not change what the client sent.
          return rawQuery({ id, flags: Flag.QR | (cd === 0 ? Flag.CD : 0) });
        },
      },
    });
    const reply = decode(await served.udp().ask(rawQuery({ flags: Flag.RD | cd })));
    expect(reply.flags & Flag.CD).toBe(cd);
    expect(seen).toEqual([cd]);
  });
});

describe("RFC 4035 section 3.2.1: DO (3.2 item 16)", () => {
  it.each([false, true])("is passed to the server as sent: %s", async (dnssecOk) => {
    const seen: unknown[] = [];
    const served = await serve({
      upstream: {
        answer: ({ opt }) => {
          seen.push(opt?.dnssecOk);
          return undefined;
        },
      },
    });
    await served.udp().ask(rawQuery({ opt: { dnssecOk } }));
    expect(seen).toEqual([dnssecOk]);
  });
});
