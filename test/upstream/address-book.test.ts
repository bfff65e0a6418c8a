import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { AddressBook, type AddressFinder } from "../../src/upstream/address-book.ts";
import { AddressStore } from "../../src/upstream/address-store.ts";
import type { Family, Found } from "../../src/upstream/bootstrap-answer.ts";
import type { Failure } from "../../src/upstream/failure.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const DAY = 24 * 3600 * 1000;
const FAILURE: Failure = { kind: "refused", text: "192.0.2.53: nobody listens on the UDP port" };
const NO_ROUTE: Failure = { kind: "unreachable", text: "no route (ENETUNREACH)" };

interface Known {
  found: Found | Failure;
  delay: number;
}

/** Finds what the test says, and counts. */
class Finder implements AddressFinder {
  lookups = 0;
  abandoned = 0;
  readonly known: Record<Family, Known> = {
    4: { found: { addresses: ["192.0.2.1", "192.0.2.2"], ttl: 300 }, delay: 10 },
    6: { found: { addresses: ["2001:db8::1", "2001:db8::2"], ttl: 600 }, delay: 10 },
  };

  set(family: Family, found: Found | Failure, delay = 10): void {
    Object.assign(this.known[family], { found, delay });
  }

  async lookup(_name: string, family: Family, signal: AbortSignal): Promise<Found | Failure> {
    const { found, delay } = this.known[family];
    if (family === 4) this.lookups++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(found), delay);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        this.abandoned++;
        resolve({ kind: "closed", text: "given up" });
      });
    });
  }
}

function bookOf(finder: Finder, store: AddressStore | null = null): AddressBook {
  const book = new AddressBook("dns.example", finder, store);
  onTestFinished(() => book.stop());
  return book;
}

/** After how many ms of waiting the book is ready. */
async function readyAfter(book: AddressBook): Promise<number> {
  const startedAt = performance.now();
  const ready: number[] = [];
  void book.ready().finally(() => ready.push(performance.now()));
  while (ready.length === 0) await vi.advanceTimersByTimeAsync(1);
  return ready[0]! - startedAt;
}

describe("the order of addresses", () => {
  test("takes the families in turn, IPv6 first, and what last worked before all", async () => {
    const book = bookOf(new Finder());
    await readyAfter(book);
    expect(book.addresses()).toEqual(["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"]);
    book.opened("192.0.2.2");
    expect(book.addresses()).toEqual(["192.0.2.2", "2001:db8::1", "192.0.2.1", "2001:db8::2"]);
    book.opened("2001:db8::2");
    expect(book.addresses()).toEqual(["2001:db8::2", "192.0.2.1", "2001:db8::1", "192.0.2.2"]);
    expect(book.current).toBe("2001:db8::2");
  });

  test("puts a family without a route last, until the network changes", async () => {
    const book = bookOf(new Finder());
    await readyAfter(book);
    book.failed("2001:db8::1", NO_ROUTE);
    expect(book.addresses()).toEqual(["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"]);
    book.renew();
    expect(book.addresses()[0]).toBe("2001:db8::1");
    book.failed("2001:db8::1", { kind: "unreachable", text: "no route (EHOSTUNREACH)" });
    book.failed("2001:db8::1", { kind: "refused", text: "connection refused" });
    expect(book.addresses()[0]).toBe("2001:db8::1");
  });
});

describe("a book is ready", () => {
  test("as soon as there is IPv6, and 50 ms after IPv4 alone", async () => {
    const finder = new Finder();
    finder.known[4].delay = 3000;
    const six = bookOf(finder);
    expect(await readyAfter(six)).toBeCloseTo(10, -1);
    expect(six.addresses()).toEqual(["2001:db8::1", "2001:db8::2"]);
    finder.known[4].delay = 10;
    finder.known[6].delay = 3000;
    const four = bookOf(finder);
    expect(await readyAfter(four)).toBeCloseTo(60, -1);
    expect(four.addresses()).toEqual(["192.0.2.1", "192.0.2.2"]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(four.addresses()).toHaveLength(4);
  });

  test("when both came", async () => {
    const finder = new Finder();
    finder.known[6].delay = 30;
    const book = bookOf(finder);
    expect(await readyAfter(book)).toBeCloseTo(30, -1);
    expect(book.addresses()).toHaveLength(4);
  });

  test("with nothing when nothing is found, and says why", async () => {
    const finder = new Finder();
    finder.set(4, FAILURE);
    finder.set(6, FAILURE);
    const book = bookOf(finder);
    expect(book.reason).toEqual({
      kind: "timeout",
      text: "the address of dns.example could not be found: no answer yet",
    });
    await readyAfter(book);
    expect(book.addresses()).toEqual([]);
    expect(book.current).toBeNull();
    expect(book.reason).toEqual({
      kind: "bootstrap",
      text: "the address of dns.example could not be found: 192.0.2.53: nobody listens on the UDP port",
    });
    finder.set(4, { addresses: [], ttl: 0 });
    finder.set(6, { addresses: [], ttl: 0 });
    await readyAfter(book);
    expect(book.reason.text).toMatch(/: it has no address$/);
  });

  test("at once when it knows something", async () => {
    const book = bookOf(new Finder());
    await readyAfter(book);
    expect(await readyAfter(book)).toBeLessThan(3);
  });
});

describe("looking again", () => {
  test("comes at 80 % of the least TTL, in the background, while the addresses are used", async () => {
    const finder = new Finder();
    const book = bookOf(finder);
    await readyAfter(book);
    book.places();
    await vi.advanceTimersByTimeAsync(239_000);
    expect(finder.lookups).toBe(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(finder.lookups).toBe(2);
    // Nobody has used them since.
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(finder.lookups).toBe(2);
    // Whoever comes then gets what is known, and has it looked up.
    expect(book.places()).toHaveLength(4);
    expect(finder.lookups).toBe(3);
  });

  test("comes no sooner than after a minute, and no later than after a day", async () => {
    for (const [ttl, least, most] of [
      [0, 59_000, 62_000],
      [2_000_000, DAY - 1000, DAY + 2000],
    ] as const) {
      const finder = new Finder();
      finder.set(4, { addresses: ["192.0.2.1"], ttl });
      finder.set(6, { addresses: [], ttl: 0 });
      const book = bookOf(finder);
      await readyAfter(book);
      book.places();
      await vi.advanceTimersByTimeAsync(least);
      expect(finder.lookups).toBe(1);
      await vi.advanceTimersByTimeAsync(most - least);
      expect(finder.lookups).toBe(2);
    }
  });

  test("that fails takes nothing away, of either family, and is done again after a minute", async () => {
    const finder = new Finder();
    const book = bookOf(finder);
    await readyAfter(book);
    finder.set(6, FAILURE);
    finder.set(4, { addresses: ["192.0.2.7"], ttl: 300 });
    book.places();
    await vi.advanceTimersByTimeAsync(250_000);
    expect(book.addresses()).toEqual(["2001:db8::1", "192.0.2.7", "2001:db8::2"]);
    finder.set(4, FAILURE);
    book.places();
    await vi.advanceTimersByTimeAsync(61_000);
    expect(finder.lookups).toBe(3);
    expect(book.addresses()).toEqual(["2001:db8::1", "192.0.2.7", "2001:db8::2"]);
    book.places();
    await vi.advanceTimersByTimeAsync(61_000);
    expect(finder.lookups).toBe(4);
  });

  test("forgets a family that is gone, but not both", async () => {
    const finder = new Finder();
    const book = bookOf(finder);
    await readyAfter(book);
    finder.set(6, { addresses: [], ttl: 0 });
    book.places();
    await vi.advanceTimersByTimeAsync(250_000);
    expect(book.addresses()).toEqual(["192.0.2.1", "192.0.2.2"]);
    finder.set(4, { addresses: [], ttl: 0 });
    book.places();
    await vi.advanceTimersByTimeAsync(250_000);
    expect(book.addresses()).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  test("comes at once for who comes while nothing is known", async () => {
    const finder = new Finder();
    finder.set(4, FAILURE);
    finder.set(6, FAILURE);
    const book = bookOf(finder);
    await readyAfter(book);
    await readyAfter(book);
    await readyAfter(book);
    expect(finder.lookups).toBe(3);
  });

  test("comes when all addresses failed, but not over and over", async () => {
    const finder = new Finder();
    const book = bookOf(finder);
    await readyAfter(book);
    book.lost();
    expect(finder.lookups).toBe(1);
    await vi.advanceTimersByTimeAsync(5000);
    book.lost();
    expect(finder.lookups).toBe(2);
  });

  test("begins anew when the network changes", async () => {
    const finder = new Finder();
    const book = bookOf(finder);
    book.renew();
    expect(finder.lookups).toBe(0);
    book.places();
    expect(finder.lookups).toBe(1);
    book.renew();
    expect(finder.abandoned).toBe(2);
    expect(finder.lookups).toBe(2);
    expect(await readyAfter(book)).toBeCloseTo(10, -1);
    book.renew();
    expect(finder.lookups).toBe(3);
    await vi.advanceTimersByTimeAsync(11);
    await book.settled();
    expect(book.addresses()).toHaveLength(4);
  });

  test("ends when the book is no longer needed", async () => {
    const finder = new Finder();
    const book = bookOf(finder);
    book.places();
    book.stop();
    await book.settled();
    expect(finder.abandoned).toBe(2);
    book.places();
    book.renew();
    expect(finder.lookups).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("addresses on disk", () => {
  function storeIn(folder: string): AddressStore {
    return new AddressStore(folder, (text) => expect.fail(text));
  }

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), "dotls-test-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    return folder;
  }

  test("serve a start at which no resolver answers", async () => {
    const folder = newFolder();
    const store = storeIn(folder);
    const book = bookOf(new Finder(), store);
    book.opened("192.0.2.2");
    await readyAfter(book);
    await store.flush();

    const finder = new Finder();
    finder.set(4, FAILURE, 3000);
    finder.set(6, FAILURE, 3000);
    const again = bookOf(finder, storeIn(folder));
    expect(await readyAfter(again)).toBeLessThan(3);
    expect(again.addresses()).toEqual(["192.0.2.2", "2001:db8::1", "192.0.2.1", "2001:db8::2"]);
    expect(finder.lookups).toBe(1);
  });

  test("that are older than 30 days are used only when nothing else is there", async () => {
    const store = storeIn(newFolder());
    store.put("dns.example", { at: Date.now() - 31 * DAY, addresses: ["192.0.2.77"] });
    const finder = new Finder();
    const book = bookOf(finder, store);
    expect(book.addresses()).toEqual([]);
    await readyAfter(book);
    expect(book.addresses()).not.toContain("192.0.2.77");

    store.put("dns.example", { at: Date.now() - 31 * DAY, addresses: ["192.0.2.77"] });
    finder.set(4, FAILURE);
    finder.set(6, FAILURE);
    const other = bookOf(finder, store);
    await readyAfter(other);
    expect(other.addresses()).toEqual(["192.0.2.77"]);
  });

  test("are written when they change, and once a day", async () => {
    const store = storeIn(newFolder());
    const put = vi.spyOn(store, "put");
    // Not to the disk, whose time is another one than that of this test.
    vi.spyOn(store, "flush").mockResolvedValue();
    const finder = new Finder();
    const book = bookOf(finder, store);
    const look = async (): Promise<void> => {
      book.places();
      await vi.advanceTimersByTimeAsync(250_000);
    };
    await look();
    await look();
    expect(put).toHaveBeenCalledTimes(1);
    finder.set(4, { addresses: ["192.0.2.9"], ttl: 300 });
    await look();
    expect(put).toHaveBeenCalledTimes(2);
    for (let spent = 0; spent < DAY; spent += 250_000) await look();
    expect(put).toHaveBeenCalledTimes(3);
  });
});
