import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Failure } from "../../src/upstream/failure.ts";
import { type Attempt, Staggered, jointFailure } from "../../src/upstream/staggered.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const REFUSED: Failure = { kind: "refused", text: "connection refused" };

/** A run that notes what it does, its attempts at hand. */
class Run {
  readonly said: string[] = [];
  readonly attempts = new Map<string, Attempt<string>>();
  readonly staggered: Staggered<string, string> = new Staggered<string, string>({
    delay: 250,
    start: (item, attempt) => {
      this.said.push(`start ${item}`);
      this.attempts.set(item, attempt);
      return () => this.said.push(`end ${item}`);
    },
    onWon: (won, item) => this.said.push(`${item} won ${won}`),
    onLost: (failures) => this.said.push(`lost ${failures.map(({ item }) => item).join(" ")}`),
  });

  win(item: string): void {
    this.attempts.get(item)?.onWon("it");
  }

  fail(item: string): void {
    this.attempts.get(item)?.onFailure(REFUSED);
  }
}

describe("attempts", () => {
  test("begin one after the other; the first that succeeds ends the others", () => {
    const run = new Run();
    run.staggered.add(["a", "b", "c", "d"]);
    vi.advanceTimersByTime(249);
    expect(run.said).toEqual(["start a"]);
    vi.advanceTimersByTime(1);
    vi.advanceTimersByTime(250);
    run.win("b");
    expect(run.said).toEqual(["start a", "start b", "start c", "end a", "end c", "b won it"]);
    vi.advanceTimersByTime(1000);
    run.win("c");
    run.fail("a");
    expect(run.said).toHaveLength(6);
  });

  test("begin at once when one fails, and the next one then has its whole time", () => {
    const run = new Run();
    run.staggered.add(["a", "b", "c"]);
    vi.advanceTimersByTime(200);
    run.fail("a");
    expect(run.said).toEqual(["start a", "start b"]);
    vi.advanceTimersByTime(249);
    expect(run.said).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(run.said).toEqual(["start a", "start b", "start c"]);
  });

  test("that fail within their own start lead on to the next one", () => {
    const said: string[] = [];
    const staggered = new Staggered<string, string>({
      delay: 250,
      start: (item, attempt) => {
        said.push(`start ${item}`);
        if (item === "c") attempt.onWon("it");
        else attempt.onFailure(REFUSED);
        return () => said.push(`end ${item}`);
      },
      onWon: (won, item) => said.push(`${item} won ${won}`),
      onLost: () => said.push("lost"),
    });
    staggered.add(["a", "b", "c", "d"]);
    expect(said).toEqual(["start a", "start b", "start c", "c won it"]);
  });

  test("are lost only when all have failed and no more come", () => {
    const run = new Run();
    run.staggered.add(["a", "b"]);
    run.fail("a");
    run.fail("b");
    expect(run.said).toEqual(["start a", "start b"]);
    run.staggered.add(["c"]);
    run.staggered.end();
    expect(run.said).toEqual(["start a", "start b", "start c"]);
    run.fail("c");
    expect(run.said.at(-1)).toBe("lost a b c");
    vi.advanceTimersByTime(1000);
    expect(run.said).toHaveLength(4);
  });

  test("of none are lost as soon as none will come", () => {
    const run = new Run();
    run.staggered.end();
    expect(run.said).toEqual(["lost "]);
  });

  test("that are added while one runs wait for their turn", () => {
    const run = new Run();
    run.staggered.add(["a"]);
    vi.advanceTimersByTime(100);
    run.staggered.add(["b"]);
    expect(run.said).toEqual(["start a"]);
    vi.advanceTimersByTime(150);
    expect(run.said).toEqual(["start a", "start b"]);
    vi.advanceTimersByTime(5000);
    run.staggered.add(["c"]);
    expect(run.said.at(-1)).toBe("start c");
  });

  test("end without a word when they are cancelled", () => {
    const run = new Run();
    run.staggered.add(["a", "b", "c"]);
    vi.advanceTimersByTime(250);
    run.staggered.cancel();
    run.win("a");
    run.fail("b");
    run.staggered.end();
    vi.advanceTimersByTime(1000);
    expect(run.said).toEqual(["start a", "start b", "end a", "end b"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a joint failure", () => {
  test("names each label, those with one reason together, and has the kind that tells the most", () => {
    const route: Failure = { kind: "unreachable", text: "no route (ENETUNREACH)" };
    const name: Failure = { kind: "name", text: "TLS: the certificate is not for dns.example" };
    expect(
      jointFailure([
        { label: "2001:db8::1", failure: route },
        { label: "192.0.2.1", failure: REFUSED },
        { label: "192.0.2.2", failure: REFUSED },
      ]),
    ).toEqual({
      kind: "refused",
      text: "2001:db8::1: no route (ENETUNREACH); 192.0.2.1, 192.0.2.2: connection refused",
    });
    expect(
      jointFailure([
        { label: "192.0.2.1", failure: REFUSED },
        { label: "192.0.2.3", failure: name },
      ]).kind,
    ).toBe("name");
    expect(jointFailure([{ label: "2001:db8::1", failure: route }]).kind).toBe("unreachable");
  });
});
