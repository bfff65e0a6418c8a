import type { AnswerCache } from "../../src/cache/answer-cache.ts";
import { Entry, entryKind, entryWords } from "../../src/cache/entry.ts";
import { hashOfEntry } from "../../src/cache/key.ts";
import { Head, Segment, Slot, WAYS } from "../../src/cache/layout.ts";
import { CacheMemory } from "../../src/cache/memory.ts";
import { SetMap } from "../../src/cache/set-map.ts";
import { familyOf } from "../../src/cache/slots.ts";

/** Looks at a memory that nobody writes to, and gives what does not fit together in it; empty: all is well. */
export function audit(cache: AnswerCache): string[] {
  const faults: string[] = [];
  const memory = new CacheMemory(cache.memory);
  const { words, layout } = memory;
  const live = new Map<number, number>();
  const families = [0, 0, 0];
  const map = new SetMap(layout.baseSets);
  map.use(words[Head.SETS]!);
  for (let i = 0; i < layout.sets * WAYS; i++) {
    const slot = layout.slotsAt + i * Slot.WORDS;
    const entry = words[slot + Slot.ENTRY]!;
    if ((words[slot + Slot.SEQUENCE]! & 1) !== 0) faults.push(`slot ${i} is being changed`);
    if (entry === 0) continue;
    const keyHash = hashOfEntry(words, memory.bytes, entry, memory.seed);
    const set = Math.floor(i / WAYS);
    if (set !== map.home(keyHash) && set !== map.other(keyHash)) faults.push(`slot ${i} is of another set`);
    const segment = Math.floor((entry - layout.arenaAt) / layout.segmentWords);
    const row = layout.segmentsAt + segment * Segment.WORDS;
    if (entry < layout.arenaAt || segment >= layout.segments) faults.push(`slot ${i} leads out of the arena`);
    if (words[entry + Entry.SLOT] !== slot) faults.push(`the entry of slot ${i} is of another slot`);
    const inSegment = entry - layout.arenaAt - segment * layout.segmentWords;
    if (
      words[row + Segment.STATE] === 0 ||
      inSegment + entryWords(words, entry) > words[row + Segment.FILL]!
    ) {
      faults.push(`the entry of slot ${i} stands where nothing is`);
    }
    live.set(segment, (live.get(segment) ?? 0) + entryWords(words, entry));
    families[familyOf(entryKind(words, entry))]!++;
  }
  for (let segment = 0; segment < layout.segments; segment++) {
    const row = layout.segmentsAt + segment * Segment.WORDS;
    const counted = words[row + Segment.LIVE]!;
    if (counted !== (live.get(segment) ?? 0)) {
      faults.push(`segment ${segment} has ${live.get(segment) ?? 0} live words and counts ${counted}`);
    }
    if (words[row + Segment.FILL]! > layout.segmentWords) faults.push(`segment ${segment} is overfull`);
  }
  for (const [family, count] of families.entries()) {
    const counted = words[Head.ENTRIES + family]!;
    if (counted !== count) faults.push(`family ${family} has ${count} entries and counts ${counted}`);
  }
  if (words[Head.LOCK] !== 0) faults.push("the lock is held");
  if (words[Head.JOURNAL] !== 0) faults.push("the journal is open");
  return faults;
}
