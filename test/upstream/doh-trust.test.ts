import { describe, expect, test } from "vitest";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { ScriptedDoh } from "../support/scripted-doh.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { outcome, watch, dohLink } from "./asking.ts";
import { targetOf } from "./dialing.ts";
import { linkTo, post } from "./doh-asking.ts";

describe("trust", () => {
  test.each([
    ["wrong-name", {}, "name: TLS: the certificate is not for dot.test, but for other.test, 127.0.0.99"],
    ["expired", {}, /^clock: /],
    ["self-signed", {}, /^untrusted: /],
    ["good", { pins: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] }, /^pin: /],
  ] as const)("%s: no request is sent", async (certificate, change, text) => {
    const server = await ScriptedDoh.start({ certificate });
    const { link, owner, ask } = linkTo(server, post, change);
    const said = outcome(await ask("a.test").ended);
    expect(said).toMatch(text);
    expect(owner.ends).toMatchObject([{ opened: false, lost: 1 }]);
    expect([link.state, server.requests.length, server.sessions.length]).toEqual(["over", 0, 0]);
  });

  test("pin and name right: asked; the session resumes with a ticket, for HTTP/2 alone", async () => {
    const server = await ScriptedDoh.start();
    const tickets = new TicketStore();
    const once = async (): Promise<void> => {
      const { link, ask } = linkTo(server, post, { pins: [server.pin] }, tickets);
      expect(outcome(await ask("a.test").ended)).toBe("answer");
      link.close();
    };
    await once();
    await once();
    expect([server.handshakes, server.resumed]).toEqual([2, 1]);
  });

  test("a server that speaks DNS over TLS alone is not asked", async () => {
    const upstream = await start();
    expect(outcome(await linkTo(upstream).ask("a.test").ended)).toMatch(
      /^tls: .*alert no application protocol/,
    );
    // One that ignores ALPN: nothing says what it speaks.
    upstream.set({ alpn: null });
    const { owner, ask } = linkTo(upstream);
    expect(outcome(await ask("a.test").ended)).toBe("tls: TLS: the server does not speak HTTP/2");
    expect(owner.ends).toMatchObject([{ opened: false }]);
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  test("a server known by its address alone is not thrown off by 421 (Misdirected Request)", async () => {
    const server = await ScriptedDoh.start({ status: 421 });
    expect(outcome(await linkTo(server, post, { name: null }).ask("a.test").ended)).toBe(
      "http: HTTP status 421",
    );
  });

  test("nobody listens: refused", async () => {
    const server = await ScriptedDoh.start();
    const where = targetOf(server);
    await server.close();
    const watched = watch((owner) => dohLink(where, post, new TicketStore(), owner));
    expect(outcome(await watched.ask("a.test").ended)).toBe("refused: connection refused");
  });
});
