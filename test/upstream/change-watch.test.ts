import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Change, ChangeWatch, realSurroundings } from "../../src/upstream/change-watch.ts";

/** A machine whose clocks a test turns. */
class Machine {
  now = 5000;
  date = 1_700_000_000_000;
  network: string | null = "eth0 192.0.2.7/24";
  readonly changes: Change[] = [];
  readonly watch = new ChangeWatch((change) => this.changes.push(change), {
    monotonic: () => this.now,
    wall: () => this.date,
    addresses: () => this.network,
  });

  /** Time passes as it should, one look a second. */
  pass(seconds: number): void {
    for (let at = 0; at < seconds; at++) {
      this.now += 1000;
      this.date += 1000;
      vi.advanceTimersByTime(1000);
    }
  }

  /** What was told since it was last asked. */
  told(): Change[] {
    return this.changes.splice(0);
  }
}

let machine: Machine;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  machine = new Machine();
});
afterEach(() => {
  machine.watch.stop();
  vi.useRealTimers();
});

describe("a change is told once:", () => {
  test("none, while nothing changes", () => {
    machine.pass(600);
    expect(machine.told()).toEqual([]);
  });

  test("none, while the system has no room to say which addresses there are", () => {
    machine.network = null;
    machine.pass(3);
    machine.network = "eth0 192.0.2.7/24";
    machine.pass(3);
    expect(machine.told()).toEqual([]);
    machine.network = null;
    machine.pass(3);
    machine.network = "eth1 192.0.2.99/24";
    machine.pass(3);
    expect(machine.told()).toEqual(["network"]);
  });

  test("sleep during which the monotonic clock stands still", () => {
    machine.pass(3);
    machine.date += 3_600_000;
    machine.pass(5);
    expect(machine.told()).toEqual(["wake-up"]);
  });

  test("sleep during which both clocks run, or a process that was stopped", () => {
    machine.date += 60_000;
    machine.now += 60_000;
    machine.pass(5);
    expect(machine.told()).toEqual(["wake-up"]);
  });

  test("a clock that is set back an hour", () => {
    machine.date -= 3_600_000;
    machine.pass(5);
    expect(machine.told()).toEqual(["clock"]);
  });

  test("an address that comes, and one that goes", () => {
    machine.network = "eth0 192.0.2.7/24\nwlan0 198.51.100.3/24";
    machine.pass(3);
    expect(machine.told()).toEqual(["network"]);
    machine.network = "wlan0 198.51.100.3/24";
    machine.pass(3);
    expect(machine.told()).toEqual(["network"]);
  });

  test("a sleep from which the machine wakes up elsewhere", () => {
    machine.date += 3_600_000;
    machine.network = "wlan0 198.51.100.3/24";
    machine.pass(5);
    expect(machine.told()).toEqual(["wake-up"]);
  });
});

describe("no change is", () => {
  test("a small step of the clock either way, as NTP makes it", () => {
    machine.date += 900;
    machine.pass(2);
    machine.date -= 900;
    machine.pass(2);
    expect(machine.told()).toEqual([]);
  });

  test("a busy machine on which a look comes seconds late", () => {
    machine.now += 2500;
    machine.date += 2500;
    machine.pass(3);
    expect(machine.told()).toEqual([]);
  });
});

test("after stop nothing is told, and no timer is left", () => {
  machine.watch.stop();
  machine.date += 3_600_000;
  machine.pass(3);
  expect(machine.told()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("the real surroundings are this machine's", () => {
  expect(realSurroundings.addresses()).toContain("127.0.0.1");
  expect(realSurroundings.addresses()).toBe(realSurroundings.addresses());
  expect(Math.abs(realSurroundings.wall() - Date.now())).toBeLessThan(1000);
  expect(Math.abs(realSurroundings.monotonic() - performance.now())).toBeLessThan(1000);
});
