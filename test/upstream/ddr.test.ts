import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { Connection } from "../../src/upstream/connection.ts";
import { DdrBook } from "../../src/upstream/ddr-book.ts";
import { DdrLink } from "../../src/upstream/ddr-link.ts";
import type { Designation } from "../../src/upstream/ddr-answer.ts";
import { type Discovery, discover } from "../../src/upstream/ddr.ts";
import { type DialListener, dial } from "../../src/upstream/dial.ts";
import { DohLink } from "../../src/upstream/doh-link.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import type { LinkOwner } from "../../src/upstream/link.ts";
import type { Verify } from "../../src/upstream/proof.ts";
import { Form } from "../../src/upstream/query-writer.ts";
import { raceDial } from "../../src/upstream/race-dial.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { TrustAnchors } from "../../src/upstream/trust-anchors.ts";
import { PlainServer } from "../support/plain-server.ts";
import { ScriptedDoh } from "../support/scripted-doh.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { testAuthority } from "../support/scripted-upstream/identities.ts";
import { type Watched, outcome, watch } from "./asking.ts";

const never = new AbortController().signal;

/** A resolver that designates what stands behind the type SVCB, and knows these addresses. */
function resolverWith(svcb: readonly string[], addresses = ""): Promise<PlainServer> {
  return PlainServer.start(({ name, type }) => ({
    answer:
      type === "SVCB" && name === "_dns.resolver.arpa"
        ? svcb.map((text) => `_dns.resolver.arpa. 300 IN SVCB ${text}\n`).join("")
        : addresses
            .split("\n")
            .filter((line) => line.startsWith(`${name}. `) && line.includes(` ${type} `))
            .join("\n"),
  }));
}

describe("discovery", () => {
  test("asks for addresses that did not come along", async () => {
    const resolver = await resolverWith(
      ["1 dot.example. alpn=dot"],
      "dot.example. 60 IN A 192.0.2.1\ndot.example. 60 IN AAAA 2001:db8::1",
    );
    expect(await discover(resolver, never)).toMatchObject({
      designations: [{ target: "dot.example", addresses: ["2001:db8::1", "192.0.2.1"] }],
      ttl: 300,
    });
  });

  test("takes the resolver's own address where there is no other", async () => {
    expect(await discover(await resolverWith(["1 dot.example. alpn=dot"]), never)).toMatchObject({
      designations: [{ addresses: ["127.0.0.1"] }],
    });
  });

  test("keeps the link of a resolver with a link-local address", async () => {
    const resolver = await PlainServer.start(
      () => ({
        answer:
          "_dns.resolver.arpa. 300 IN SVCB 1 x.example. alpn=dot ipv6hint=fe80::1,2001:db8::1 ipv4hint=192.0.2.1\n",
      }),
      "::1",
    );
    expect(await discover({ address: "::1%lo", port: resolver.port }, never)).toMatchObject({
      designations: [{ addresses: ["fe80::1%lo", "2001:db8::1", "192.0.2.1"] }],
    });
  });

  test("follows aliases, but not in a circle", async () => {
    const resolver = await resolverWith(
      ["0 _dns.dot.example."],
      "_dns.dot.example. 60 IN SVCB 1 dot.example. alpn=dot ipv4hint=192.0.2.1",
    );
    expect(await discover(resolver, never)).toMatchObject({
      designations: [{ target: "dot.example" }],
      ttl: 60,
    });
    const circle = await resolverWith(["0 _dns.resolver.arpa."]);
    expect(await discover(circle, never)).toMatchObject({ kind: "bootstrap" });
    expect(circle.asked).toHaveLength(5);
  });

  test("that finds nothing says so", async () => {
    for (const svcb of [[], ["1 x.example. alpn=doq"], ["0 ."]]) {
      expect(await discover(await resolverWith(svcb), never)).toEqual({
        kind: "bootstrap",
        text: "it names no encrypted resolver that can be used here (RFC 9462)",
      });
    }
    const refusing = await PlainServer.start(() => ({ rcode: 5 }));
    expect(await discover(refusing, never)).toEqual({ kind: "bootstrap", text: "REFUSED" });
  });
});

describe("what is known of a resolver", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const designation: Designation = {
    protocol: "tls",
    target: "dot.example",
    port: 8853,
    path: "",
    addresses: ["192.168.1.1", "192.0.2.1"],
  };
  const other: Designation = { ...designation, protocol: "https", path: "/q", target: "doh.example" };

  /** A book whose resolver says what `found` holds at the time. */
  function bookOf(
    first: Discovery | Failure,
    verify: Verify = "strict",
    address = "192.168.1.1",
  ): { book: DdrBook; found: { now: Discovery | Failure }; asked: () => number } {
    const found = { now: first };
    const asking = vi.fn<typeof discover>(async () => found.now);
    const book = new DdrBook({ address, port: 53 }, verify, asking);
    onTestFinished(() => book.stop());
    return { book, found, asked: () => asking.mock.calls.length };
  }

  test.each([
    ["strict", "192.168.1.1", "192.0.2.1", "strict"],
    ["pin", "192.0.2.53", "192.0.2.1", "pin"],
    ["opportunistic", "192.168.1.1", "192.168.1.1", "opportunistic"],
    ["opportunistic", "192.168.1.1", "192.0.2.1", "strict"],
    ["opportunistic", "192.0.2.53", "192.0.2.53", "strict"],
    ["opportunistic", "fe80::1%eth0", "fe80::1%eth0", "opportunistic"],
    ["opportunistic", "fd00::1", "fd00::1", "opportunistic"],
    ["opportunistic", "2001:db8::1", "2001:db8::1", "strict"],
    ["opportunistic", "172.32.0.1", "172.32.0.1", "strict"],
    ["none", "10.0.0.1", "10.0.0.1", "none"],
    ["none", "10.0.0.1", "10.0.0.2", "strict"],
  ] as const)("with verify %s and resolver %s, %s must pass %s", (verify, own, address, result) => {
    const { book } = bookOf({ designations: [designation], ttl: 300 }, verify, own);
    expect(book.target(designation, address)).toEqual({
      address,
      port: 8853,
      name: own.replace("%eth0", ""),
      verify: result,
    });
  });

  test("is asked for again in time, while it is used", async () => {
    const { book, asked } = bookOf({ designations: [designation], ttl: 300 });
    expect(book.current()).toBeNull();
    await book.ready();
    expect(book.current()).toEqual(designation);
    await vi.advanceTimersByTimeAsync(239_000);
    expect(asked()).toBe(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked()).toBe(2);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked()).toBe(2);
  });

  test("stays when the resolver fails, and goes when the network changes", async () => {
    const { book, found } = bookOf({ designations: [designation], ttl: 60 });
    await book.ready();
    book.current();
    found.now = { kind: "timeout", text: "no answer over UDP" };
    await vi.advanceTimersByTimeAsync(61_000);
    expect(book.current()).toEqual(designation);
    book.renew();
    expect(book.current()).toBeNull();
    await book.ready();
    expect(book.current()).toBeNull();
    expect(book.reason).toEqual({
      kind: "timeout",
      text: "no encrypted resolver could be found at 192.168.1.1: no answer over UDP",
    });
  });

  test("in another order is the same: what is in use stays in use", async () => {
    const { book, found } = bookOf({ designations: [designation, other], ttl: 60 });
    await book.ready();
    expect(book.current()).toEqual(designation);
    found.now = { designations: [other, designation], ttl: 60 };
    await vi.advanceTimersByTimeAsync(61_000);
    expect(book.current()).toEqual(designation);
    found.now = { designations: [other], ttl: 60 };
    await vi.advanceTimersByTimeAsync(61_000);
    expect(book.current()).toEqual(other);
  });

  test("gives way to the next designation when it cannot be reached, and is looked for again", async () => {
    const { book, asked } = bookOf({ designations: [designation, other], ttl: 300 });
    await book.ready();
    await vi.advanceTimersByTimeAsync(10_000);
    book.whereabouts(designation).lost({ kind: "refused", text: "" });
    expect(book.current()).toEqual(other);
    expect(asked()).toBe(2);
    // An old link that fails late says nothing of the one that is used now.
    book.whereabouts(designation).lost({ kind: "refused", text: "" });
    expect(book.current()).toEqual(other);
    // What was not proved is not asked for again before its time (RFC 9462 section 4.2).
    await vi.advanceTimersByTimeAsync(10_000);
    book.whereabouts(other).lost({ kind: "name", text: "" });
    expect(asked()).toBe(2);
    expect(book.current()).toEqual(designation);
  });

  test("has the address first that last worked", async () => {
    const { book } = bookOf({ designations: [designation], ttl: 300 });
    await book.ready();
    const where = book.whereabouts(designation);
    where.opened("192.0.2.1");
    expect(where.places()).toEqual(["192.0.2.1", "192.168.1.1"]);
  });
});

describe("a link to a designated resolver", () => {
  /** As the server makes it, but that the resolver counts as this address. */
  async function linkTo(
    resolver: PlainServer,
    { own = "127.0.0.1", verify = "strict" }: { own?: string; verify?: Verify } = {},
  ): Promise<Watched<DdrLink> & { book: DdrBook }> {
    const anchors = new TrustAnchors((await testAuthority()).ca);
    const book = new DdrBook({ address: own, port: resolver.port }, verify, (_server, signal) =>
      discover(resolver, signal),
    );
    onTestFinished(() => book.stop());
    const open =
      (designation: Designation) =>
      (listener: DialListener): ((politely: boolean) => void) =>
        raceDial(
          book.whereabouts(designation),
          (address, one) =>
            dial(
              { ...book.target(designation, address), pins: [], anchors, minVersion: "TLSv1.2" },
              new TicketStore(),
              one,
              designation.protocol === "https" ? "h2" : "dot",
            ),
          listener,
        );
    const make = (designation: Designation, owner: LinkOwner): Connection | DohLink => {
      const { protocol, port, path } = designation;
      if (protocol === "tls") return new Connection(owner, Form.TLS, open(designation));
      const authority = { name: own, address: own, port };
      return new DohLink(authority, { path, method: "POST" }, open(designation), owner);
    };
    return { ...watch((owner) => new DdrLink(owner, book, make)), book };
  }

  test("speaks TLS where that is designated, without a name in SNI", async () => {
    const upstream = await start();
    const resolver = await resolverWith([`1 dot.test. alpn=dot port=${upstream.port} ipv4hint=127.0.0.1`]);
    const { ask, owner, link } = await linkTo(resolver);
    const [first, second] = [ask("one.example"), ask("two.example")];
    expect(link.load).toBe(2);
    expect(link.held()).toHaveLength(2);
    expect(outcome(await first.ended)).toBe("answer");
    expect(outcome(await second.ended)).toBe("answer");
    expect(outcome(await ask("three.example").ended)).toBe("answer");
    expect(owner).toMatchObject({ answers: 3, opened: [{ resumed: false }], ends: [] });
    expect([...upstream.counters.serverNames.keys()]).toEqual([""]);
    expect(link.state).toBe("open");
    link.close();
    expect(owner.ends).toMatchObject([{ opened: true, lost: 0 }]);
  });

  test("speaks HTTPS where that is designated, and calls the server by the resolver's address", async () => {
    const server = await ScriptedDoh.start();
    const resolver = await resolverWith([
      `1 dot.test. alpn=h2 port=${server.port} dohpath=/here{?dns} ipv4hint=127.0.0.1`,
    ]);
    const { ask } = await linkTo(resolver);
    expect(outcome(await ask("one.example").ended)).toBe("answer");
    expect(server.requests[0]?.headers).toMatchObject({
      ":authority": `127.0.0.1:${server.port}`,
      ":path": "/here",
    });
  });

  test("sends nothing to a server whose certificate lacks the resolver's address", async () => {
    const upstream = await start();
    const resolver = await resolverWith([`1 dot.test. alpn=dot port=${upstream.port} ipv4hint=127.0.0.1`]);
    const { ask, owner } = await linkTo(resolver, { own: "192.168.1.1" });
    expect(outcome(await ask("one.example").ended)).toMatch(
      /^name: 127\.0\.0\.1: TLS: the certificate is not for 192\.168\.1\.1, but for dot\.test/,
    );
    expect(upstream.counters.applicationBytes).toBe(0);
    expect(owner.ends).toMatchObject([{ opened: false, lost: 1 }]);
  });

  test("needs an anchor too, unless the resolver is private, the same, and that was asked for", async () => {
    for (const [verify, result] of [
      ["strict", /^untrusted: /],
      ["opportunistic", /^answer$/],
    ] as const) {
      const upstream = await start({ certificate: "other-ca" });
      const resolver = await resolverWith([`1 dot.test. alpn=dot port=${upstream.port}`]);
      const { ask } = await linkTo(resolver, { verify });
      expect(outcome(await ask("one.example").ended)).toMatch(result);
    }
    const upstream = await start({ certificate: "other-ca" });
    const resolver = await resolverWith([`1 dot.test. alpn=dot port=${upstream.port} ipv4hint=127.0.0.1`]);
    const { ask } = await linkTo(resolver, { own: "127.0.0.2", verify: "opportunistic" });
    expect(outcome(await ask("one.example").ended)).toMatch(/^untrusted: /);
  });

  test("goes on to the next designation with the next link", async () => {
    const upstream = await start();
    const gone = await start();
    await gone.refuse();
    const resolver = await resolverWith([
      `1 dot.test. alpn=dot port=${gone.port} ipv4hint=127.0.0.1`,
      `2 dot.test. alpn=dot port=${upstream.port} ipv4hint=127.0.0.1`,
    ]);
    const first = await linkTo(resolver);
    expect(outcome(await first.ask("one.example").ended)).toMatch(/^refused: /);
    expect(first.book.current()?.port).toBe(upstream.port);
  });

  test("is over, with its questions lost, when nothing is designated", async () => {
    const { ask, owner, link } = await linkTo(await resolverWith([]));
    const [lost, abandoned] = [ask("one.example"), ask("two.example")];
    link.abandon(abandoned);
    expect(link.load).toBe(1);
    expect(outcome(await lost.ended)).toMatch(/^bootstrap: no encrypted resolver could be found at /);
    expect(owner.ends).toMatchObject([{ opened: false, lost: 1 }]);
    expect(link.state).toBe("over");
    expect(outcome(await ask("late.example").ended)).toBe("closed: closed by dotls");
  });

  test("does not wait for a resolver for longer than for a connection", async () => {
    const { ask } = await linkTo(await PlainServer.start(() => null));
    const startedAt = performance.now();
    expect(outcome(await ask("one.example").ended)).toMatch(/^timeout: no encrypted resolver could be found/);
    expect(performance.now() - startedAt).toBeLessThan(2500);
  });

  test("can be closed while it waits", async () => {
    const { ask, link, owner } = await linkTo(await PlainServer.start(() => null));
    const question = ask("one.example");
    link.close();
    link.close();
    expect(outcome(await question.ended)).toBe("closed: closed by dotls");
    expect(owner.ends).toHaveLength(1);
  });

  test("counts what was given up while it waits", async () => {
    const { ask, link } = await linkTo(await PlainServer.start(() => null));
    for (let count = 0; count < 5000; count++) link.abandon(ask(`${count}.example`));
    expect(link.load).toBe(0);
    expect(link.held()).toEqual([]);
  });
});
