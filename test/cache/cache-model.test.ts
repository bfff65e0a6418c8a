import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnswerCache, Found } from "../../src/cache/answer-cache.ts";
import { Stored } from "../../src/cache/cache-writer.ts";
import { Kind } from "../../src/cache/kind.ts";
import { pointer, rawRecord, wireName } from "../support/raw-query.ts";
import { audit } from "../support/cache-audit.ts";
import { type Asked, type OwnTime, ownCache, question, recordsOf, reply } from "../support/stored-answers.ts";

/** More than the commands can let pass. */
const TTL = 600_000;

interface Kept {
  readonly name: string;
  readonly rdata: Buffer;
  readonly storedAt: number;
  readonly lifetime: number;
  readonly stale: number;
  readonly kind: number;
}

/** What the cache must do as long as it has room: a Map, and nothing clever. */
class Model {
  answers = new Map<string, Kept>();
  failures = new Map<string, Kept>();
  now = 0;

  find(map: Map<string, Kept>, key: string): { found: number; kept: Kept | undefined } {
    const kept = map.get(key);
    if (kept === undefined || this.now - kept.storedAt >= kept.lifetime + kept.stale) {
      return { found: Found.MISS, kept: undefined };
    }
    return { found: this.now - kept.storedAt < kept.lifetime ? Found.FRESH : Found.STALE, kept };
  }

  remove(fits: (name: string) => boolean): void {
    for (const map of [this.answers, this.failures]) {
      for (const [key, { name }] of map) if (fits(name)) map.delete(key);
    }
  }
}

interface Real {
  readonly cache: AnswerCache;
  readonly time: OwnTime;
}

function keyOf(name: string, asked: Asked): string {
  return JSON.stringify([
    name.toLowerCase(),
    asked.type,
    asked.class,
    asked.dnssecOk,
    asked.checkingDisabled,
  ]);
}

type Command = fc.AsyncCommand<Model, Real>;

function command(text: string, run: (model: Model, real: Real) => void | Promise<void>): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      await run(model, real);
    },
    toString: () => text,
  };
}

interface Storing {
  readonly name: string;
  readonly asked: Required<Asked>;
  readonly kind: number;
  readonly rdata: Buffer;
  readonly lifetime: number;
  readonly stale: number;
}

function storing({ name, asked, kind, rdata, lifetime, stale }: Storing): Command {
  return command(`store ${name} ${JSON.stringify({ asked, kind, lifetime, stale })}`, (model, { cache }) => {
    const key = keyOf(name, asked);
    const kept: Kept = { name: name.toLowerCase(), rdata, storedAt: model.now, lifetime, stale, kind };
    const answers = [rawRecord(pointer(12), 99, rdata, TTL)];
    const view = reply({ name, type: asked.type, class: asked.class, answers });
    const done = cache.store(question(name, asked), view, { kind, lifetime, stale, type: asked.type });
    expect(done).toBe(Stored.YES);
    if (kind === Kind.FAILURE) model.failures.set(key, kept);
    else {
      model.answers.set(key, kept);
      model.failures.delete(key);
    }
  });
}

function looking(name: string, wanted: Required<Asked>, failure: boolean): Command {
  const text = `look for ${failure ? "failure of " : ""}${name} ${JSON.stringify(wanted)}`;
  return command(text, (model, { cache }) => {
    const expected = model.find(failure ? model.failures : model.answers, keyOf(name, wanted));
    const asked = question(name, wanted);
    expect(failure ? cache.findFailure(asked) : cache.find(asked)).toBe(expected.found);
    if (expected.kept === undefined) return;
    const { kind, lifetime, rdata } = expected.kept;
    const age = model.now - expected.kept.storedAt;
    expect(cache).toMatchObject({ kind, lifetime, age, left: lifetime - age });
    expect(recordsOf(cache)).toEqual(rawRecord(pointer(12), 99, rdata, TTL - age));
  });
}

function waiting(seconds: number): Command {
  return command(`wait ${seconds} s`, (model, { cache, time }) => {
    model.now += seconds;
    time.pass(seconds);
    cache.tick();
  });
}

function removing(text: string, below: boolean): Command {
  return command(`remove ${below ? "below " : ""}${text}`, async (model, { cache }) => {
    const name = text.toLowerCase();
    model.remove((one) => one === name || (below && (name === "" || one.endsWith(`.${name}`))));
    if (below) await cache.removeBelow(wireName(text));
    else await cache.remove(wireName(text));
  });
}

function clearing(): Command {
  return command("clear", async (model, { cache }) => {
    model.remove(() => true);
    await cache.clear();
    expect(cache.usage()).toMatchObject({ used: 0, positives: 0, negatives: 0, failures: 0 });
  });
}

const name = fc
  .array(fc.constantFrom("a", "A", "b", "aa", "xn--a", "a[", "a{"), { maxLength: 3 })
  .map((labels) => labels.join("."));
const asked = fc.record({
  type: fc.constantFrom(1, 28),
  class: fc.constantFrom(1, 1, 1, 3),
  dnssecOk: fc.boolean(),
  checkingDisabled: fc.constantFrom(false, false, true),
});
const rdata = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const seconds = fc.nat(20);
const kind = fc.constantFrom(...Object.values(Kind));
const lifetime = fc.integer({ min: 1, max: 20 });
const looks = fc.tuple(name, asked, fc.boolean()).map((args) => looking(...args));
const commands = fc.commands(
  [
    fc.record({ name, asked, kind, rdata, lifetime, stale: seconds }).map(storing),
    looks,
    looks,
    seconds.map(waiting),
    fc.tuple(name, fc.boolean()).map((args) => removing(...args)),
    fc.constant(clearing()),
  ],
  { maxCommands: 120, size: "max" },
);

describe("AnswerCache, as long as it has room", () => {
  it("does what a Map would do", async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const real = ownCache();
        await fc.asyncModelRun(() => ({ model: new Model(), real }), list);
        expect(audit(real.cache)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
