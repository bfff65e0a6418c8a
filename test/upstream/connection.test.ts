import { describe, expect, onTestFinished, test } from "vitest";
import { Connection } from "../../src/upstream/connection.ts";
import { dial } from "../../src/upstream/dial.ts";
import type { LinkOwner } from "../../src/upstream/link.ts";
import { Form } from "../../src/upstream/query-writer.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import type { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { frame } from "../support/scripted-upstream/faults.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { targetOf } from "./dialing.ts";
import { PlainExchange } from "./plain-exchange.ts";

interface Connected {
  readonly connection: Connection;
  /** What the owner heard, in order. */
  readonly heard: string[];
  readonly ask: (exchange: PlainExchange) => PlainExchange;
}

function connectTo(upstream: ScriptedUpstream, singly = false): Connected {
  const heard: string[] = [];
  const owner: LinkOwner = {
    singly,
    onOpen: () => heard.push("open"),
    onEnd: (_, failure, opened, lost) => heard.push(`end ${failure.kind} opened=${opened} lost=${lost}`),
    onAnswer: () => {},
    onDrained: () => {},
    onMismatch: () => {},
  };
  const tickets = new TicketStore();
  const connection = new Connection(owner, Form.TLS, (listener) =>
    dial(targetOf(upstream), tickets, listener),
  );
  onTestFinished(() => connection.close());
  const ask = (exchange: PlainExchange): PlainExchange => {
    connection.ask(exchange, performance.now());
    return exchange;
  };
  return { connection, heard, ask };
}

const exchanges = (count: number): PlainExchange[] =>
  Array.from({ length: count }, (_, at) => new PlainExchange(`e${at}.test`));
const settled = (all: readonly PlainExchange[]): Set<string> =>
  new Set(all.map((exchange) => exchange.settled.join()));
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

async function opened(upstream: ScriptedUpstream): Promise<Connected> {
  const connected = connectTo(upstream);
  await until(() => connected.connection.state === "open");
  return connected;
}

describe("queries", () => {
  test("that wait for the connection leave in one write, and so do those of one turn", async () => {
    const upstream = await start();
    const { ask, heard } = connectTo(upstream);
    const first = exchanges(50).map(ask);
    await until(() => first.every(({ settled }) => settled.length > 0));
    expect(heard).toEqual(["open"]);
    expect(upstream.counters).toMatchObject({ queries: 50, reads: 1, mostQueriesInOneRead: 50 });
    const second = exchanges(50).map(ask);
    await until(() => second.every(({ settled }) => settled.length > 0));
    expect(upstream.counters).toMatchObject({ queries: 100, reads: 2 });
    expect(settled([...first, ...second])).toEqual(new Set(["answered"]));
  });

  test("have ids of their own, each time others, all over the range", async () => {
    const upstream = await start({ delay: 20 });
    const { ask } = await opened(upstream);
    const rounds: number[][] = [];
    for (let round = 0; round < 4; round++) {
      const all = exchanges(2000).map(ask);
      await until(() => all.every(({ settled }) => settled.length > 0));
      const ids = all.map(({ id }) => id);
      expect(new Set(ids).size).toBe(2000);
      rounds.push(ids);
    }
    const ids = rounds.flat();
    const steps = ids.slice(1).map((id, at) => Math.abs(id - ids[at]!));
    expect(Math.max(...ids)).toBeGreaterThan(60_000);
    expect(Math.min(...ids)).toBeLessThan(5000);
    expect(steps.filter((step) => step < 100).length).toBeLessThan(200);
    // A count of each bit: about one half of 8000, five deviations and more to each side.
    for (let bit = 0; bit < 16; bit++) {
      const ones = ids.filter((id) => (id >>> bit) & 1).length;
      expect(ones).toBeGreaterThan(3700);
      expect(ones).toBeLessThan(4300);
    }
    expect(rounds[0]).not.toEqual(rounds[1]);
  });

  test("more than a slab holds arrive whole and in order", async () => {
    const upstream = await start();
    const { ask } = await opened(upstream);
    const all = exchanges(8000).map(ask);
    await until(() => all.every(({ settled }) => settled.length > 0));
    expect(settled(all)).toEqual(new Set(["answered"]));
    expect(upstream.counters.log.map(({ name }) => name)).toEqual(all.map((_, at) => `e${at}.test`));
    expect(upstream.counters.malformed).toBe(0);
  });
});

describe("an answer", () => {
  /** Asks one question, lets the server send frames made from it, then closes. */
  async function sent(make: (right: Buffer) => readonly Uint8Array[]): Promise<[PlainExchange, Connection]> {
    const upstream = await start({ answer: () => null });
    const { ask, connection } = await opened(upstream);
    const exchange = ask(new PlainExchange("A.test"));
    await until(() => upstream.counters.queries === 1);
    const right = Buffer.from(upstream.counters.log[0]!.bytes);
    right.writeUInt16BE(0x8180, 2);
    upstream.connections[0]!.write(Buffer.concat(make(right).map(frame)));
    upstream.closeAll();
    await until(() => connection.state === "over");
    return [exchange, connection];
  }
  const patched = (right: Buffer, at: number, value: number): Buffer => {
    const copy = Buffer.from(right);
    copy.writeUInt16BE(value, at);
    return copy;
  };
  /** A header alone with this rcode, and counts and bytes behind. */
  const bare = (right: Buffer, rcode: number, more: readonly number[] = []): Buffer =>
    Buffer.concat([
      right.subarray(0, 2),
      Buffer.of(0x81, 0x80 | rcode, 0, 0, 0, 0, 0, 0, 0, more.length > 0 ? 1 : 0, ...more),
    ]);

  test.each<[string, (right: Buffer) => Uint8Array]>([
    ["with the question as asked", (right) => right],
    ["with the question in another case", (right) => Buffer.from(right).fill("a", 13, 14)],
    ["without question, FORMERR", (right) => bare(right, 1)],
    ["without question, SERVFAIL", (right) => bare(right, 2)],
    ["without question, NOTIMP", (right) => bare(right, 4)],
    ["without question, REFUSED", (right) => bare(right, 5)],
    ["without question, REFUSED with OPT", (right) => bare(right, 5, [0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 0])],
  ])("%s is delivered", async (_, make) => {
    const [exchange] = await sent((right) => [make(right)]);
    expect(exchange.settled).toEqual(["answered"]);
  });

  test.each<[string, (right: Buffer) => Uint8Array]>([
    ["with another id", (right) => patched(right, 0, right.readUInt16BE(0) ^ 1)],
    ["that is a query", (right) => patched(right, 2, 0x0100)],
    ["with another opcode", (right) => patched(right, 2, 0x8980)],
    ["with another name", (right) => Buffer.from(right).fill("b", 13, 14)],
    ["with another type", (right) => patched(right, right.length - 4, 28)],
    ["with another class", (right) => patched(right, right.length - 2, 3)],
    ["with two questions", (right) => patched(right, 4, 2)],
    ["cut inside its question", (right) => right.subarray(0, -1)],
    ["without question, NOERROR", (right) => bare(right, 0)],
    ["without question, NXDOMAIN", (right) => bare(right, 3)],
    [
      "without question but with a record whose name points into the message",
      (right) => bare(right, 2, [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]),
    ],
    ["without question but with answers", (right) => patched(bare(right, 2), 6, 1)],
    ["without question but with authorities", (right) => patched(bare(right, 2), 8, 1)],
  ])("%s is dropped and counted", async (_, make) => {
    const [exchange, connection] = await sent((right) => [make(right)]);
    expect(exchange.settled).toEqual(["lost closed"]);
    expect(connection.mismatched).toBe(1);
  });

  test("is taken once; what follows under its id is dropped", async () => {
    const [exchange, connection] = await sent((right) => [right, right, right]);
    expect(exchange.settled).toEqual(["answered"]);
    expect([connection.answered, connection.mismatched]).toEqual([1, 2]);
  });

  test.each([0, 1, 11])("of %i bytes ends the connection", async (length) => {
    const [exchange, connection] = await sent((right) => [right.subarray(0, length), right]);
    expect(exchange.settled).toEqual(["lost closed"]);
    expect(connection.answered).toBe(0);
  });

  test("that cannot be read fails its own question, and the connection goes on", async () => {
    const upstream = await start({ merge: 3, collectFor: 2000 });
    const { ask, connection } = await opened(upstream);
    const [good, bad, other] = exchanges(3) as [PlainExchange, PlainExchange, PlainExchange];
    bad.readable = false;
    for (const exchange of [bad, good, other]) ask(exchange);
    await until(() => other.settled.length > 0);
    expect([good.settled, bad.settled, other.settled]).toEqual([
      ["answered"],
      ["lost malformed"],
      ["answered"],
    ]);
    expect([connection.state, connection.mismatched]).toEqual(["open", 1]);
  });

  test("that nobody waits for any more is dropped, also when its question is asked again meanwhile", async () => {
    const upstream = await start({ delay: ({ index }) => (index === 1 ? 100 : 200) });
    const { ask, connection } = await opened(upstream);
    const left = ask(new PlainExchange("same.test"));
    await until(() => upstream.counters.queries === 1);
    connection.abandon(left);
    const again = ask(new PlainExchange("same.test"));
    expect(again.id).not.toBe(left.id);
    await until(() => again.settled.length > 0);
    expect([left.settled, again.settled]).toEqual([[], ["answered"]]);
    expect([connection.answered, connection.mismatched, connection.load]).toEqual([1, 0, 0]);
  });
});

describe("the end of a connection", () => {
  test("hands back all that are in flight or wait, each once, and none that was given up", async () => {
    const upstream = await start({ silent: true });
    const { ask, connection, heard } = await opened(upstream);
    const all = exchanges(50).map(ask);
    const late = new PlainExchange("late.test");
    all[0]!.onLost = () => {
      // While some are handed back, others may be given up, and new ones may come.
      connection.abandon(all[49]!);
      ask(late);
    };
    connection.abandon(all[7]!);
    await until(() => upstream.counters.queries === 50);
    upstream.closeAll();
    await until(() => connection.state === "over");
    await pause(20);
    expect(heard).toEqual(["open", "end closed opened=true lost=49"]);
    expect([all[7]!.settled, all[49]!.settled]).toEqual([[], []]);
    expect(settled(all.filter((_, at) => at !== 7 && at !== 49))).toEqual(new Set(["lost closed"]));
    expect(late.settled).toHaveLength(1);
    expect(connection.load).toBe(0);
  });

  test("before it opens hands back all that wait", async () => {
    const upstream = await start({ certificate: "expired" });
    const { ask, connection, heard } = connectTo(upstream);
    const all = exchanges(20).map(ask);
    connection.abandon(all[3]!);
    await until(() => connection.state === "over");
    expect(heard).toEqual(["end clock opened=false lost=19"]);
    expect(settled(all)).toEqual(new Set(["", "lost clock"]));
    expect(all[3]!.settled).toEqual([]);
  });

  test("by us, while an answer is passed on, settles that one once", async () => {
    const upstream = await start({ merge: 3, collectFor: 2000 });
    const { ask, connection } = await opened(upstream);
    const [first, second, third] = exchanges(3).map(ask) as [PlainExchange, PlainExchange, PlainExchange];
    second.onAnswered = () => connection.close();
    await until(() => third.settled.length > 0);
    await pause(20);
    expect([first.settled, second.settled, third.settled]).toEqual([
      ["answered"],
      ["answered"],
      ["lost closed (progress)"],
    ]);
  });

  test("after a reset is told once, like any other", async () => {
    const upstream = await start({ silent: true });
    const { ask, heard } = await opened(upstream);
    const exchange = ask(new PlainExchange("a.test"));
    await until(() => upstream.counters.queries === 1);
    upstream.closeAll("rst");
    await until(() => exchange.settled.length > 0);
    await pause(20);
    expect(heard).toEqual(["open", "end closed opened=true lost=1"]);
    expect(exchange.settled).toEqual(["lost closed"]);
  });

  test("delivers the answers that stand before the FIN", async () => {
    const upstream = await start({ merge: 40, collectFor: 2000, closeAfter: 40 });
    const { ask, connection } = await opened(upstream);
    const all = exchanges(60).map(ask);
    await until(() => connection.state === "over");
    expect(all.map(({ settled }) => settled.join())).toEqual([
      ...Array.from({ length: 40 }, () => "answered"),
      ...Array.from({ length: 20 }, () => "lost closed (progress)"),
    ]);
  });

  test("is not caused by a query that is given up soon", async () => {
    const upstream = await start({ silent: true });
    const { ask, connection } = await opened(upstream);
    const exchange = ask(new PlainExchange("a.test"));
    await until(() => upstream.counters.queries === 1);
    connection.abandon(exchange);
    expect(connection.state).toBe("open");
  });

  test("nor by one that is given up after a second of silence", async () => {
    const upstream = await start({ answer: ({ name }) => (name.startsWith("e") ? undefined : null) });
    const { ask, connection, heard } = await opened(upstream);
    const slow = ask(new PlainExchange("slow.test"));
    const other = ask(new PlainExchange("other.test"));
    await pause(1100);
    expect(performance.now() - connection.quietSince).toBeGreaterThan(1000);
    connection.abandon(slow);
    expect([connection.state, connection.load]).toEqual(["open", 1]);
    connection.abandon(other);
    expect([connection.quietSince, connection.load]).toEqual([0, 0]);
    const answered = ask(new PlainExchange("e.test"));
    await until(() => answered.settled.length > 0);
    expect([heard, slow.settled, other.settled]).toEqual([["open"], [], []]);
  });
});

describe("limits", () => {
  test("20,000 ids: it says that it is full, and what comes all the same is lost; it goes on with what it has", async () => {
    const upstream = await start({ answer: ({ name }) => (name === "last.test" ? undefined : null) });
    const { ask, connection, heard } = await opened(upstream);
    exchanges(19_999).map(ask);
    expect(connection.full).toBe(false);
    const last = ask(new PlainExchange("last.test"));
    expect(connection.full).toBe(true);
    expect(ask(new PlainExchange("after.test")).settled).toEqual(["lost closed"]);
    await until(() => last.settled.length > 0);
    expect([last.settled, connection.full, connection.state]).toEqual([["answered"], false, "open"]);
    connection.close();
    expect(heard.at(-1)).toBe("end closed opened=true lost=19999");
    expect(ask(new PlainExchange("after.test")).settled).toEqual(["lost closed (progress)"]);
  });

  test("4000 that wait while it connects: one more, and the oldest is lost at once", async () => {
    const upstream = await start({ handshake: "never" });
    const { ask, connection } = connectTo(upstream);
    const all = exchanges(4010).map(ask);
    expect(all.map(({ settled }) => settled).filter(({ length }) => length > 0)).toHaveLength(10);
    expect(settled(all.slice(0, 10))).toEqual(new Set(["lost busy"]));
    expect(connection.load).toBe(4000);
  });

  test("queries that are given up while it connects are let go", async () => {
    const upstream = await start({ handshake: "never" });
    const { ask, connection } = connectTo(upstream);
    for (let round = 0; round < 50; round++) {
      for (const exchange of exchanges(200).map(ask)) connection.abandon(exchange);
    }
    expect(connection.load).toBeLessThan(2001);
  });

  test("a server that does not read is written no more than these, and closing does not wait for it", async () => {
    const upstream = await start({ silent: true });
    const { ask, connection } = await opened(upstream);
    upstream.connections[0]!.raw.pause();
    const all: PlainExchange[] = [];
    for (let round = 0; round < 19; round++) {
      all.push(...exchanges(1000).map(ask));
      await pause(1);
    }
    expect(connection.state).toBe("open");
    const socketsOpen = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    const before = socketsOpen();
    connection.close();
    await until(() => socketsOpen() < before);
    expect(settled(all)).toEqual(new Set(["lost closed"]));
  });
});

describe("a server seems to read one query of a record", () => {
  /** Two in one record; the server answers those of which `answers` says so. */
  async function two(answered: readonly number[]): Promise<Connected & { readonly pair: PlainExchange[] }> {
    const upstream = await start({
      answer: ({ name }) => (answered.some((at) => name === `e${at}.test`) ? undefined : null),
    });
    const connected = await opened(upstream);
    const pair = exchanges(2).map(connected.ask);
    await until(() => answered.every((at) => pair[at]!.settled.length > 0));
    await until(() => upstream.counters.queries === 2);
    return { ...connected, pair };
  }

  test("when the second one waits and the first was answered", async () => {
    expect((await two([0])).connection.lagging).toBe(true);
  });

  test("not when the first one waits, both do, or none does", async () => {
    expect((await two([1])).connection.lagging).toBe(false);
    expect((await two([])).connection.lagging).toBe(false);
    expect((await two([0, 1])).connection.lagging).toBe(false);
  });

  test("not when the first one was given up, whatever else was answered meanwhile", async () => {
    const { connection, pair, ask } = await two([]);
    connection.abandon(pair[0]!);
    const other = ask(new PlainExchange("e7.test"));
    connection.abandon(other);
    expect(connection.lagging).toBe(false);
  });
});
