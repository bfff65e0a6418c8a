import { beforeEach, describe, expect, it } from "vitest";
import { decodeMessage } from "../../src/dns/message.ts";
import { formatName } from "../../src/dns/name.ts";
import { Reading } from "../../src/dns/query-view.ts";
import { RrType } from "../../src/dns/rrtype.ts";
import { ClientQuery } from "../../src/listen/client-query.ts";
import { type LoopQuestion, LoopProbe } from "../../src/resolve/loop-probe.ts";
import { ProbeBoard } from "../../src/resolve/probe-board.ts";
import { Step } from "../../src/resolve/stage.ts";
import { clientQuery, door } from "./queries.ts";

let events: string[];
let probe: LoopProbe<string>;
let other: LoopProbe<string>;

beforeEach(() => {
  events = [];
  const told = {
    onLoop: (target: string) => events.push(`${target} loops`),
    onLoopGone: (target: string) => events.push(`${target} does not`),
  };
  probe = new LoopProbe(told);
  other = new LoopProbe({ onLoop: () => {}, onLoopGone: () => {} });
});

/** The question as it arrives at a door. */
function arrives({ bytes }: LoopQuestion): ClientQuery {
  const query = new ClientQuery(door, 0);
  query.begin("127.0.0.1", 40_000, 0);
  expect(query.read(bytes, bytes.length, false)).toBe(Reading.QUERY);
  return query;
}

function name(question: LoopQuestion): string {
  return formatName(decodeMessage(question.bytes).questions[0]!.name);
}

describe("a probe for loops", () => {
  it("is a question for a name that nobody has asked before", () => {
    const question = probe.question("a");
    const { questions, flags, trailing } = decodeMessage(question.bytes);
    expect(questions).toMatchObject([{ type: RrType.TXT, class: 1 }]);
    expect([flags, trailing, question.questionEnd]).toEqual([0x0100, 0, question.bytes.length]);
    expect(name(question)).toMatch(/^[0-9a-f]{16}\.loop-probe\.dotls\.example\.$/);
    expect(name(probe.question("a"))).not.toBe(name(question));
  });

  it("that comes back is answered, and makes its server a loop, said once", () => {
    const question = probe.question("a");
    probe.question("b");
    for (let i = 0; i < 2; i++) {
      const query = arrives(question);
      expect(probe.enter(query)).toBe(Step.ANSWERED);
      expect(query).toMatchObject({ rcode: 2, extra: { code: 23 } });
    }
    expect([probe.isLoop("a"), probe.isLoop("b")]).toEqual([true, false]);
    expect(events).toEqual(["a loops"]);
  });

  it("comes back in whatever case", () => {
    const question = probe.question("a");
    const upper = Buffer.from(Buffer.from(question.bytes).toString("latin1").toUpperCase(), "latin1");
    expect(probe.enter(arrives({ ...question, bytes: upper }))).toBe(Step.ANSWERED);
    expect(probe.isLoop("a")).toBe(true);
  });

  it("that is answered without having come by clears its server; one without an answer says nothing", () => {
    probe.enter(arrives(probe.question("a")));
    // Our own answer came back as the server's: no reason to trust it.
    probe.over("a", true);
    expect(probe.isLoop("a")).toBe(true);
    probe.question("a");
    probe.over("a", false);
    expect(probe.isLoop("a")).toBe(true);
    probe.question("a");
    probe.over("a", true);
    expect(probe.isLoop("a")).toBe(false);
    expect(events).toEqual(["a loops", "a does not"]);
    probe.question("b");
    probe.over("b", true);
    expect(events).toHaveLength(2);
  });

  it("is one of many: those of others, old ones and other names are passed on", () => {
    const old = probe.question("a");
    probe.question("a");
    for (const question of [old, other.question("a")]) {
      expect(probe.enter(arrives(question))).toBe(Step.NEXT);
    }
    // As long as a probe's name.
    const same = name(old).replace("loop-probe", "loop-prove");
    const labels = name(old).replace(/^(.{7})./, "$1.");
    for (const text of [same, labels, "example.", "loop-probe.dotls.example."]) {
      expect(probe.enter(clientQuery({ name: text }).query)).toBe(Step.NEXT);
    }
    expect(events).toEqual([]);
  });

  it("is forgotten with its server", () => {
    const question = probe.question("a");
    probe.enter(arrives(question));
    probe.forget("a");
    expect(probe.isLoop("a")).toBe(false);
    expect(probe.enter(arrives(question))).toBe(Step.NEXT);
    probe.over("a", true);
    expect(events).toEqual(["a loops"]);
  });

  it("is known to all threads of the process, and found by the one that sent it", () => {
    const memory = new SharedArrayBuffer(ProbeBoard.BYTES);
    const told = (who: string): { onLoop: () => void; onLoopGone: () => void } => ({
      onLoop: () => events.push(`${who}: loops`),
      onLoopGone: () => events.push(`${who}: does not`),
    });
    const [one, two] = ["one", "two"].map(
      (who) => new LoopProbe<string>(told(who), new ProbeBoard(memory)),
    ) as [LoopProbe<string>, LoopProbe<string>];
    const question = one.question("a");
    two.question("a");
    expect(two.enter(arrives(question))).toBe(Step.ANSWERED);
    expect(events).toEqual([]);
    // What the other thread answered comes back as the server's answer.
    one.over("a", true);
    two.over("a", true);
    expect(events).toEqual(["one: loops"]);
    expect([one.isLoop("a"), two.isLoop("a")]).toEqual([true, false]);
    one.question("a");
    one.over("a", true);
    expect(events).toEqual(["one: loops", "one: does not"]);
  });
});

describe("the board of the probes that are out", () => {
  it("has room again when probes are over, or their threads are gone", () => {
    const board = new ProbeBoard();
    const slots = Array.from({ length: 1024 }, (_, i) => board.put(7, i, 1000));
    expect(new Set(slots).size).toBe(1024);
    expect([board.put(8, 8, 1059), board.see(8, 8)]).toEqual([-1, false]);
    board.free(slots[5]!);
    expect([board.see(7, 5), board.put(8, 8, 1059), board.see(8, 8)]).toEqual([false, slots[5], true]);
    expect(board.put(9, 9, 1060)).toBe(slots[0]);
    expect([board.see(7, 0), board.see(9, 9), board.wasSeen(slots[0]!)]).toEqual([false, true, true]);
  });

  it("says nothing of a probe that found no room", () => {
    const board = new ProbeBoard();
    expect([board.wasSeen(-1), board.free(-1)]).toEqual([false, undefined]);
  });
});
