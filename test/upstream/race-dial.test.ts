import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { AddressBook } from "../../src/upstream/address-book.ts";
import { Bootstrap } from "../../src/upstream/bootstrap.ts";
import { Connection } from "../../src/upstream/connection.ts";
import { dial } from "../../src/upstream/dial.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import type { LinkOwner } from "../../src/upstream/link.ts";
import { Form } from "../../src/upstream/query-writer.ts";
import { type RaceListener, type Whereabouts, raceDial } from "../../src/upstream/race-dial.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import { PlainServer } from "../support/plain-server.ts";
import { start } from "../support/scripted-upstream/fixture.ts";
import { targetOf } from "./dialing.ts";
import { PlainExchange } from "./plain-exchange.ts";

const REFUSED: Failure = { kind: "refused", text: "connection refused" };
const UNKNOWN: Failure = {
  kind: "bootstrap",
  text: "the address of dns.example could not be found: NXDOMAIN",
};

/** Places that come when the test says so. */
class Places implements Whereabouts {
  readonly reason = UNKNOWN;
  readonly heard: string[] = [];
  #known: readonly string[];
  #ready: Promise<void>;
  #settled: Promise<void>;
  #tell: () => void = () => {};
  #end: () => void = () => {};

  constructor(known: readonly string[] = []) {
    this.#known = known;
    this.#ready = known.length > 0 ? Promise.resolve() : new Promise((resolve) => (this.#tell = resolve));
    this.#settled = new Promise((resolve) => (this.#end = resolve));
  }

  /** They become known; `last`: nothing more is looked for. */
  async come(places: readonly string[], last = true): Promise<void> {
    this.#known = [...this.#known, ...places];
    this.#tell();
    if (last) this.#end();
    await vi.advanceTimersByTimeAsync(0);
  }

  places(): readonly string[] {
    return this.#known;
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  settled(): Promise<void> {
    return this.#settled;
  }

  opened(place: string): void {
    this.heard.push(`opened ${place}`);
  }

  failed(place: string, failure: Failure): void {
    this.heard.push(`failed ${place} ${failure.kind}`);
  }

  lost(): void {
    this.heard.push("lost");
  }
}

/** A race whose dials do what the test says, with notes of all that happens. */
function race(where: Places): {
  said: string[];
  dials: Map<string, RaceListener<string>>;
  end: (politely: boolean) => void;
} {
  const said: string[] = [];
  const dials = new Map<string, RaceListener<string>>();
  const end = raceDial<string>(
    where,
    (place, listener) => {
      said.push(`dial ${place}`);
      dials.set(place, listener);
      return (politely) => said.push(`end ${place}${politely ? " politely" : ""}`);
    },
    {
      onOpen: (opened) => said.push(`open ${opened}`),
      onFailure: ({ kind, text }) => said.push(`${kind}: ${text}`),
      onBytes: (_bytes, length) => said.push(`${length} bytes`),
    },
  );
  return { said, dials, end };
}

describe("a race", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("never calls back before it has given the function that ends it", async () => {
    const where = new Places();
    await where.come([]);
    const { said } = race(where);
    expect(said).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toEqual([`bootstrap: ${UNKNOWN.text}`]);
    expect(where.heard).toEqual([]);
  });

  test("tries the next address after 250 ms, and passes on the first that is open", async () => {
    const where = new Places();
    await where.come(["a", "b", "c"]);
    const { said, dials, end } = race(where);
    await vi.advanceTimersByTimeAsync(249);
    expect(said).toEqual(["dial a"]);
    await vi.advanceTimersByTimeAsync(1);
    dials.get("b")!.onOpen("b");
    expect(said).toEqual(["dial a", "dial b", "end a", "open b"]);
    dials.get("b")!.onBytes(Buffer.alloc(7), 7);
    await vi.advanceTimersByTimeAsync(5000);
    expect(said.slice(4)).toEqual(["7 bytes"]);
    end(true);
    expect(said.at(-1)).toBe("end b politely");
    expect(where.heard).toEqual(["opened b"]);
  });

  test("tries the next address at once when one fails, and names all when all have", async () => {
    const where = new Places();
    await where.come(["a", "b"]);
    const { said, dials } = race(where);
    await vi.advanceTimersByTimeAsync(0);
    dials.get("a")!.onFailure(REFUSED);
    expect(said).toEqual(["dial a", "dial b"]);
    dials.get("b")!.onFailure({ kind: "timeout", text: "no TCP connection within 2 s" });
    expect(said.slice(2)).toEqual(["timeout: a: connection refused; b: no TCP connection within 2 s"]);
    expect(where.heard).toEqual(["failed a refused", "failed b timeout", "lost"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("passes on what ends a connection after it was open", async () => {
    const where = new Places(["a"]);
    const { said, dials } = race(where);
    await vi.advanceTimersByTimeAsync(0);
    dials.get("a")!.onOpen("a");
    dials.get("a")!.onFailure({ kind: "tls", text: "TLS: alert" });
    expect(said).toEqual(["dial a", "open a", "tls: TLS: alert"]);
    expect(where.heard).toEqual(["opened a"]);
  });

  test("waits for addresses as long as for a connection", async () => {
    const where = new Places();
    const { said } = race(where);
    await vi.advanceTimersByTimeAsync(1999);
    expect(said).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(said).toEqual([`bootstrap: ${UNKNOWN.text}`]);
    await where.come(["a"]);
    expect(said).toHaveLength(1);
  });

  test("tries what becomes known while it runs", async () => {
    const where = new Places();
    const { said, dials } = race(where);
    await where.come(["a"], false);
    dials.get("a")!.onFailure(REFUSED);
    await vi.advanceTimersByTimeAsync(100);
    expect(said).toEqual(["dial a"]);
    await where.come(["b"]);
    expect(said).toEqual(["dial a", "dial b"]);
    dials.get("b")!.onOpen("b");
    expect(said.at(-1)).toBe("open b");
  });

  test("does not wait for long when all that is known has failed", async () => {
    const where = new Places(["a"]);
    const { said, dials } = race(where);
    await vi.advanceTimersByTimeAsync(0);
    dials.get("a")!.onFailure(REFUSED);
    await vi.advanceTimersByTimeAsync(299);
    expect(said).toEqual(["dial a"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(said).toEqual(["dial a", "refused: a: connection refused"]);
  });

  test("ends without a word", async () => {
    const where = new Places(["a", "b", "c"]);
    const { said, dials, end } = race(where);
    await vi.advanceTimersByTimeAsync(250);
    end(false);
    expect(said).toEqual(["dial a", "dial b", "end a", "end b"]);
    dials.get("a")!.onOpen("a");
    await where.come(["d"]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(said).toHaveLength(4);
    expect(vi.getTimerCount()).toBe(0);

    const unknown = new Places();
    const early = race(unknown);
    early.end(false);
    await unknown.come(["a"]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(early.said).toEqual([]);
  });
});

describe("a connection to a server that is known by name", () => {
  const nobody: LinkOwner = {
    singly: false,
    onOpen: () => {},
    onEnd: () => {},
    onAnswer: () => {},
    onDrained: () => {},
    onMismatch: () => {},
  };

  /** A book that finds these addresses for dot.test, at a server of its own. */
  async function bookOf(addresses: readonly string[]): Promise<AddressBook> {
    const resolver = await PlainServer.start(({ type, name }) => ({
      answer: addresses
        .filter((address) => address.includes(":") === (type === "AAAA"))
        .map((address) => `${name}. 300 IN ${type} ${address}\n`)
        .join(""),
    }));
    const book = new AddressBook("dot.test", new Bootstrap([resolver]), null);
    onTestFinished(() => book.stop());
    return book;
  }

  /** What becomes of one question on a new connection, and how long that took. */
  function ask(book: AddressBook, upstream: Awaited<ReturnType<typeof start>>): Promise<[string, number]> {
    const startedAt = performance.now();
    const exchange = new PlainExchange("name.example");
    return new Promise((resolve) => {
      exchange.onAnswered = () => resolve(["answered", performance.now() - startedAt]);
      exchange.onLost = ({ kind, text }) => resolve([`${kind}: ${text}`, performance.now() - startedAt]);
      const connection = new Connection(nobody, Form.TLS, (listener) =>
        raceDial(
          book,
          (address, one) => dial(targetOf(upstream, { address }), new TicketStore(), one),
          listener,
        ),
      );
      onTestFinished(() => connection.close());
      connection.ask(exchange, startedAt);
    });
  }

  test("finds it, and past addresses that refuse", async () => {
    const upstream = await start({ address: "127.0.0.1" });
    const book = await bookOf(["::1", "127.0.0.9", "127.0.0.1"]);
    expect(await ask(book, upstream)).toEqual(["answered", expect.any(Number)]);
    expect(book.current).toBe("127.0.0.1");
    expect(book.addresses()).toEqual(["127.0.0.1", "::1", "127.0.0.9"]);
  });

  test("is made beside an address that says nothing, after 250 ms", async () => {
    const upstream = await start({ address: "127.0.0.1" });
    // It takes connections in the kernel alone and never shakes hands.
    const { createServer } = await import("node:net");
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(upstream.port, "::1", resolve));
    onTestFinished(() => void mute.close());
    const [said, took] = await ask(await bookOf(["::1", "127.0.0.1"]), upstream);
    expect(said).toBe("answered");
    expect(took).toBeGreaterThan(240);
    expect(took).toBeLessThan(1000);
  });

  test("goes to no address whose server does not prove the name", async () => {
    const upstream = await start({ certificate: "wrong-name" });
    const [said] = await ask(await bookOf(["127.0.0.1"]), upstream);
    expect(said).toMatch(/^name: 127\.0\.0\.1: TLS: the certificate is not for dot\.test/);
    expect(upstream.counters.applicationBytes).toBe(0);
  });

  test("fails with the reason when no resolver answers", async () => {
    const upstream = await start();
    const resolver = await PlainServer.start(() => ({ rcode: 2 }));
    const book = new AddressBook("dot.test", new Bootstrap([resolver]), null);
    onTestFinished(() => book.stop());
    expect((await ask(book, upstream))[0]).toBe(
      `bootstrap: the address of dot.test could not be found: 127.0.0.1:${resolver.port}: SERVFAIL`,
    );
    resolver.script = () => null;
    const [said, took] = await ask(book, upstream);
    expect(said).toMatch(/^bootstrap: the address of dot.test could not be found/);
    expect(took).toBeLessThan(2500);
  });
});
