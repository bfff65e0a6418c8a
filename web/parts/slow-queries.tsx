import type { VNode } from "preact";
import type { SlowQuery } from "../../src/observe/insights.ts";
import { linkTo } from "../route.ts";
import { QueryRows } from "./query-rows.tsx";

/** The queries that took the longest. */
export function SlowQueries({ queries }: { readonly queries: readonly SlowQuery[] }): VNode {
  return (
    <section class="card">
      <h2 id="slowest">Slowest</h2>
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="slowest">
        <QueryRows
          rows={queries}
          keyOf={({ time, name, type }) => `${time} ${name} ${type}`}
          name={({ name }) => <a href={linkTo("queries", { name })}>{name}</a>}
        />
      </div>
    </section>
  );
}
