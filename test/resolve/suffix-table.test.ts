import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatName } from "../../src/dns/name.ts";
import { SuffixTable } from "../../src/resolve/suffix-table.ts";
import { arbitraryName } from "../support/rr-arbitraries.ts";
import { wireName } from "../support/raw-query.ts";

interface Entry {
  readonly name: Uint8Array;
  readonly below: boolean;
}

function table(...names: readonly string[]): SuffixTable<string> {
  const made = new SuffixTable<string>();
  for (const name of names) {
    made.set(wireName(name.replace(/^\*\./, "")), name, { below: name.startsWith("*.") });
  }
  return made;
}

function find(names: SuffixTable<string>, name: string): string | undefined {
  const wire = wireName(name);
  return names.find(wire, 0, wire.length);
}

describe("a suffix table", () => {
  it("gives the value of the longest name that is equal or above", () => {
    const names = table("example", "corp.example", "lab.corp.example");
    expect(find(names, "example")).toBe("example");
    expect(find(names, "www.example")).toBe("example");
    expect(find(names, "corp.example")).toBe("corp.example");
    expect(find(names, "a.b.corp.example")).toBe("corp.example");
    expect(find(names, "x.lab.corp.example")).toBe("lab.corp.example");
    expect(find(names, "other")).toBeUndefined();
    expect(find(names, "")).toBeUndefined();
  });

  it("compares whole labels, whatever their case and bytes", () => {
    const names = table("Corp.example");
    expect(find(names, "WWW.CORP.Example")).toBe("Corp.example");
    expect(find(names, "mycorp.example")).toBeUndefined();
    expect(find(names, "corp.example.net")).toBeUndefined();
    // One label with a dot in it is not two.
    const dotted = Buffer.concat([Buffer.of(12), Buffer.from("corp.example"), Buffer.of(0)]);
    expect(names.find(dotted, 0, dotted.length)).toBeUndefined();
  });

  it("tells a name from what is below it", () => {
    const names = table("*.internal");
    expect(find(names, "internal")).toBeUndefined();
    expect(find(names, "a.internal")).toBe("*.internal");
    expect(find(names, "b.a.internal")).toBe("*.internal");
  });

  it.each([[["internal", "*.internal"]], [["*.internal", "internal"]]])(
    "lets *.NAME win below a name that is there as well: %j",
    (entries) => {
      const names = table(...entries);
      expect(find(names, "internal")).toBe("internal");
      expect(find(names, "a.internal")).toBe("*.internal");
    },
  );

  it("falls back to a name above one that has nothing for it", () => {
    const names = table("example", "*.corp.example");
    expect(find(names, "corp.example")).toBe("example");
    expect(find(names, "a.corp.example")).toBe("*.corp.example");
  });

  it("knows the root", () => {
    expect(find(table("."), "")).toBe(".");
    expect(find(table("."), "www.example")).toBe(".");
    expect(find(table("*."), "")).toBeUndefined();
    expect(find(table("*."), "example")).toBe("*.");
  });

  it("finds names in the middle of bytes, and replaces a value", () => {
    const names = table("example");
    names.set(wireName("EXAMPLE"), "later", { below: false });
    const bytes = Buffer.concat([Buffer.from("header"), wireName("www.example"), Buffer.from("tail")]);
    expect(names.find(bytes, 6, wireName("www.example").length)).toBe("later");
  });

  it("takes the longest names there are", () => {
    const longest = wireName("a.".repeat(127));
    const names = new SuffixTable<string>();
    names.set(longest, "all", { below: false });
    expect(names.find(longest, 0, longest.length)).toBe("all");
    expect(names.find(longest, 2, longest.length - 2)).toBeUndefined();
  });

  it("agrees with comparing every name in the table", () => {
    // Few labels, so that names meet.
    const label = fc.constantFrom("a", "B", "b", "ab", "c");
    const name = fc.oneof(
      fc.array(label, { maxLength: 4 }).map((labels) => Uint8Array.from(wireName(labels.join(".")))),
      arbitraryName,
    );
    const entries = fc.array(fc.record({ name, below: fc.boolean() }), { maxLength: 12 });
    fc.assert(
      fc.property(entries, name, fc.nat(3), (all, asked, pick) => {
        const names = new SuffixTable<Entry>();
        for (const entry of all) names.set(entry.name, entry, entry);
        // One of the names themselves, too: arbitrary ones are seldom equal.
        for (const one of [asked, all[pick]?.name ?? asked]) {
          expect(names.find(one, 0, one.length)).toBe(naive(all, one));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function naive(all: readonly Entry[], name: Uint8Array): Entry | undefined {
  const asked = formatName(name).toLowerCase();
  let best: Entry | undefined;
  for (const entry of all) {
    const suffix = formatName(entry.name).toLowerCase();
    const same = asked === suffix;
    const under = !same && (suffix === "." || asked.endsWith(`.${suffix}`)) && !endsInEscape(asked, suffix);
    if (!(under || (same && !entry.below))) continue;
    const longer = best === undefined ? 1 : entry.name.length - best.name.length;
    // The later of two equal ones; of NAME and *.NAME the one that says less.
    if (longer > 0 || (longer === 0 && (entry.below || !best!.below))) best = entry;
  }
  return best;
}

/** Whether the dot before the suffix belongs to a label. */
function endsInEscape(name: string, suffix: string): boolean {
  if (suffix === ".") return false;
  const head = name.slice(0, name.length - suffix.length - 1);
  return /\\*$/.exec(head)![0].length % 2 === 1;
}
