import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Bypass, type BypassOptions } from "../../src/control/bypass.ts";

const MINUTE = 60_000;
const start = Date.UTC(2026, 10, 21, 14);

let now: number;
let wall: number;
let events: string[];
let resolvers: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  now = 1000;
  wall = start;
  events = [];
  resolvers = ["192.0.2.1"];
});
afterEach(() => {
  vi.useRealTimers();
});

function bypass(changes: Partial<BypassOptions> = {}): Bypass {
  return new Bypass({
    enabled: true,
    most: 60 * MINUTE,
    find: () => resolvers,
    onOpen: ({ by, resolvers, since, until }) =>
      events.push(`${by} opens it for ${until - since} through ${resolvers.join(" ")}`),
    onClose: (why) => events.push(`closed: ${why}`),
    clocks: { now: () => now, wall: () => wall },
    ...changes,
  });
}

/** Time passes, awake. */
function pass(milliseconds: number): void {
  for (let left = milliseconds; left > 0; left -= 100) {
    now += 100;
    wall += 100;
    vi.advanceTimersByTime(100);
  }
}

describe("the bypass", () => {
  it("goes by another configuration from the moment on that it is told: one that is open is closed if there is to be none", () => {
    const one = bypass();
    one.open(10 * MINUTE, "alice");
    one.allow({ enabled: true, most: MINUTE });
    expect(one.status().open).not.toBeNull();
    expect(() => one.open(2 * MINUTE, "bob")).toThrow("1m (bypass.most)");
    one.allow({ enabled: false, most: MINUTE });
    expect(one.status()).toEqual({ enabled: false, open: null });
    expect(events.at(-1)).toBe("closed: the configuration does not allow it any more");
    expect(() => one.open(MINUTE, "bob")).toThrow("bypass.enabled");
  });

  it("is closed until somebody opens it, and then says who, when, for how long and through whom", () => {
    const one = bypass();
    expect(one.status()).toEqual({ enabled: true, open: null });
    one.open(10 * MINUTE, "alice");
    expect(one.status()).toEqual({
      enabled: true,
      open: {
        since: "2026-11-21T14:00:00.000Z",
        until: "2026-11-21T14:10:00.000Z",
        by: "alice",
        resolvers: ["192.0.2.1"],
      },
    });
    expect(events).toEqual(["alice opens it for 600000 through 192.0.2.1"]);
  });

  it("closes by itself, once, without anybody looking", () => {
    const one = bypass();
    one.open(10 * MINUTE, "alice");
    pass(10 * MINUTE - 100);
    expect(events).toHaveLength(1);
    pass(100);
    expect(events.slice(1)).toEqual(["closed: its time is over"]);
    pass(10 * MINUTE);
    expect(events).toHaveLength(2);
    expect(one.status().open).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("closes within a second of waking up, however long the machine slept", () => {
    const one = bypass();
    one.open(10 * MINUTE, "alice");
    pass(MINUTE);
    wall += 60 * MINUTE;
    pass(1000);
    expect(events.slice(1)).toEqual(["closed: its time is over"]);
  });

  it("is not open for longer when the clock is set back", () => {
    const one = bypass();
    one.open(10 * MINUTE, "alice");
    wall -= 24 * 60 * MINUTE;
    pass(10 * MINUTE);
    expect(events.slice(1)).toEqual(["closed: its time is over"]);
  });

  it("is over for who asks, before its timer came", () => {
    const one = bypass();
    one.open(2000, "alice");
    now += 2000;
    expect(one.status().open).toBeNull();
    expect(events.slice(1)).toEqual(["closed: its time is over"]);
  });

  it("is closed by hand, and closing what is closed is nothing", () => {
    const one = bypass();
    one.close("closed by bob");
    one.open(MINUTE, "alice");
    one.close("closed by bob");
    one.close("closed by bob");
    expect(events.slice(1)).toEqual(["closed: closed by bob"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("can be opened anew: the new time counts, shorter or longer, and the resolvers are looked for again", () => {
    const one = bypass();
    one.open(10 * MINUTE, "alice");
    resolvers = ["198.51.100.1"];
    one.open(MINUTE, "bob");
    expect(one.status().open).toMatchObject({ by: "bob", resolvers });
    pass(MINUTE);
    expect(events.slice(1)).toEqual([
      "bob opens it for 60000 through 198.51.100.1",
      "closed: its time is over",
    ]);
  });

  it.each<[string, Partial<BypassOptions>, number, string]>([
    ["it is not enabled", { enabled: false }, MINUTE, "bypass.enabled"],
    ["it is too long", { most: MINUTE }, MINUTE + 1, "1s to 1m (bypass.most)"],
    ["it is no time at all", {}, 0, "1s to 1h (bypass.most)"],
    ["the network named nobody", { find: () => [] }, MINUTE, "the network named no resolver"],
  ])("stays as it is when %s", (_, options, duration, message) => {
    const one = bypass(options);
    expect(() => one.open(duration, "alice")).toThrow(
      expect.objectContaining({ code: "ERR_DOTLS_BYPASS", message: expect.stringContaining(message) }),
    );
    expect(one.status().open).toBeNull();
    expect([events, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it("takes the clocks of this machine", () => {
    const before = Date.now();
    const one = new Bypass({
      enabled: true,
      most: MINUTE,
      find: () => resolvers,
      onOpen: () => {},
      onClose: () => {},
    });
    one.open(MINUTE, "alice");
    expect(Date.parse(one.status().open!.until)).toBeGreaterThanOrEqual(before + MINUTE);
    one.close("done");
  });
});
