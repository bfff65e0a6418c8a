import { expect, test } from "vitest";
import { EdnsHabit } from "../../src/upstream/edns-habit.ts";

const HOUR = 3600 * 1000;
const MINUTE = 60 * 1000;

test("that a server cannot read EDNS is remembered for an hour, however often it is asked meanwhile", () => {
  const edns = new EdnsHabit();
  expect([edns.speaks(0), edns.mayBePlain(0)]).toEqual([true, true]);
  edns.readPlain(0);
  for (let now = 0; now < HOUR; now += MINUTE) {
    expect(edns.speaks(now)).toBe(false);
    edns.readPlain(now);
  }
  expect(edns.speaks(HOUR)).toBe(true);
});

test("one that reads neither three times in a row is not asked twice for five minutes", () => {
  const edns = new EdnsHabit();
  edns.readNeither(0);
  edns.readNeither(1);
  expect(edns.mayBePlain(2)).toBe(true);
  edns.readNeither(2);
  expect([edns.mayBePlain(3), edns.mayBePlain(5 * MINUTE), edns.speaks(3)]).toEqual([false, false, true]);
  expect(edns.mayBePlain(2 + 5 * MINUTE)).toBe(true);
});

test("odd questions now and then say nothing about a server that is asked without EDNS anyway, nor after it helped", () => {
  const edns = new EdnsHabit();
  edns.readNeither(0);
  edns.readNeither(0);
  edns.readPlain(0);
  for (let at = 1; at < 5; at++) edns.readNeither(at);
  edns.readNeither(HOUR);
  edns.readNeither(HOUR);
  expect(edns.mayBePlain(HOUR)).toBe(true);
});

test("all is forgotten with the network", () => {
  const edns = new EdnsHabit();
  for (let at = 0; at < 3; at++) edns.readNeither(at);
  edns.readPlain(3);
  edns.forget();
  expect([edns.speaks(4), edns.mayBePlain(4)]).toEqual([true, true]);
});
