import type { VNode } from "preact";
import type { SearchWaste } from "../../src/observe/search-waste.ts";
import { count, share } from "../text/numbers.ts";
import { BarTable } from "./bar-table.tsx";

/** Queries that only came of a search list. */
export function Waste({ waste, queries }: { readonly waste: SearchWaste; readonly queries: number }): VNode {
  const { wasted, suffixes } = waste;
  return (
    <BarTable
      title={
        wasted === 0
          ? "Search lists"
          : `Search lists: ${count(wasted)} queries wasted, ${share(wasted, queries)}`
      }
      rows={suffixes.map(({ key, count: value }) => ({ label: `… .${key}`, value, color: "amber" }))}
      whole={queries}
      empty="No name was asked for with a search domain behind it for nothing."
    />
  );
}
