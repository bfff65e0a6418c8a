import type { HistoryEntry } from "../observe/history-entry.ts";
import type { HistoryFilter } from "../observe/history-filter.ts";
import type { HistoryRing } from "../observe/history-ring.ts";

/** How often readers are given what is new, in ms. */
const TICK = 200;

/** Queries that are looked at in one tick, for filters that let few through: half a millisecond of work. */
const MOST = 100;

/** Those that one reader is given of them: more than anybody can read. */
const MOST_GIVEN = 25;

/** What may wait for a reader, in bytes; what comes beyond it is dropped for him. */
const ROOM = 65_536;

/** Ticks after which a reader who has heard nothing gets a sign that the server is there. */
const SILENCE = 75;

interface Reader {
  readonly filter: HistoryFilter;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** The sequence number of the first query that is new to him. */
  readonly from: number;
  /** Queries that he was not given since he was last told so. */
  skipped: number;
  quiet: number;
}

const encoder = new TextEncoder();

/**
 * The queries as they end, for any number of readers: each is decoded and written once for all of them, and only as long as
 * somebody reads. Nobody is waited for: of what is too much to look at, or to send, only the number is told. Events of a
 * stream (`text/event-stream`): `query` with a `HistoryEntry`, `lost` with `{"lost":n}`.
 */
export class LiveFeed {
  #ring: HistoryRing;
  #readers = new Set<Reader>();
  #cursor: ReturnType<HistoryRing["cursor"]>;
  #timer: NodeJS.Timeout | null = null;

  constructor(ring: HistoryRing) {
    this.#ring = ring;
    this.#cursor = ring.cursor();
  }

  /** How many read. */
  get readers(): number {
    return this.#readers.size;
  }

  /**
   * One more reader, of the queries that the filter lets through: first the `past`, each a `HistoryEntry` in JSON, then those
   * from sequence number `from` on. The stream goes on until it is cancelled or `end`.
   */
  join(filter: HistoryFilter, past: readonly string[], from: number): ReadableStream<Uint8Array> {
    let reader: Reader | null = null;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          reader = { filter, controller, from, skipped: 0, quiet: 0 };
          this.#readers.add(reader);
          controller.enqueue(encoder.encode(`retry: 2000\n\n${past.map(event).join("")}`));
          if (this.#timer === null) this.#start();
        },
        cancel: () => {
          if (reader !== null) this.#leave(reader);
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: ROOM }),
    );
  }

  /** Ends all streams. */
  end(): void {
    for (const reader of this.#readers) {
      this.#leave(reader);
      reader.controller.close();
    }
  }

  #start(): void {
    this.#cursor = this.#ring.cursor();
    this.#timer = setInterval(() => this.#tick(), TICK);
    this.#timer.unref();
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    const missed = this.#jump();
    const entries: HistoryEntry[] = [];
    const sequences: number[] = [];
    for (let left = MOST; left > 0; left--) {
      const entry = this.#cursor.next();
      if (entry === undefined) break;
      entries.push(entry);
      sequences.push(this.#cursor.at - 1);
    }
    const lost = missed + this.#cursor.takeLost();
    const batch: Batch = { entries, sequences, texts: entries.map(() => ""), bytes: new Map(), lost };
    for (const reader of this.#readers) give(reader, batch);
  }

  /** Passes over what is too much to look at. How many queries that were. */
  #jump(): number {
    const missed = this.#cursor.waiting - MOST;
    if (missed <= 0) return 0;
    // Those that were overwritten are among those that are passed over.
    const before = Math.max(this.#cursor.at, this.#ring.oldest);
    const lost = before - this.#cursor.at;
    this.#cursor = this.#ring.cursor(before + missed);
    return missed + lost;
  }
}

/** What is new in one tick, for all readers. */
interface Batch {
  readonly entries: readonly HistoryEntry[];
  readonly sequences: readonly number[];
  /** The events, each made for the first who wants it. */
  readonly texts: string[];
  /** What was sent, by its text: most readers want the same. */
  readonly bytes: Map<string, Uint8Array>;
  readonly lost: number;
}

function give(reader: Reader, { entries, sequences, texts, bytes, lost }: Batch): void {
  const { filter, from, controller } = reader;
  reader.skipped += lost;
  const hasRoom = (controller.desiredSize ?? 0) > 0;
  let left = hasRoom ? MOST_GIVEN : 0;
  let text = "";
  entries.forEach((entry, at) => {
    if (sequences[at]! < from || !filter(entry)) return;
    if (left > 0) text += texts[at] ||= event(JSON.stringify(entry));
    else reader.skipped++;
    left--;
  });
  if (!hasRoom) return;
  if (reader.skipped > 0) {
    text += `event: lost\ndata: {"lost":${reader.skipped}}\n\n`;
    reader.skipped = 0;
  }
  reader.quiet = text === "" ? reader.quiet + 1 : 0;
  if (reader.quiet >= SILENCE) {
    text = ":\n\n";
    reader.quiet = 0;
  }
  if (text === "") return;
  const chunk = bytes.get(text) ?? encoder.encode(text);
  bytes.set(text, chunk);
  controller.enqueue(chunk);
}

function event(json: string): string {
  return `event: query\ndata: ${json}\n\n`;
}
