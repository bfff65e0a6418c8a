import type { VNode } from "preact";
import type { SlowQuery } from "../../src/observe/insights.ts";
import { linkTo } from "../route.ts";
import { milliseconds } from "../text/numbers.ts";
import { clock } from "../text/times.ts";
import { toneOf } from "../text/tones.ts";

/** The queries that took the longest. */
export function SlowQueries({ queries }: { readonly queries: readonly SlowQuery[] }): VNode {
  return (
    <section class="card">
      <h2 id="slowest">Slowest</h2>
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="slowest">
        <table class="queries">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Name</th>
              <th scope="col">Type</th>
              <th scope="col">Result</th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {queries.map(({ time, name, type, rcode, ms, server }) => (
              <tr key={`${time} ${name} ${type}`}>
                <td class="muted">{clock(time)}</td>
                <th scope="row">
                  <a href={linkTo("queries", { name })}>{name}</a>
                </th>
                <td>{type}</td>
                <td class={`${toneOf(rcode)}-text`}>{rcode ?? "no answer"}</td>
                <td class="number">{milliseconds(ms)}</td>
                <td>{server ?? "dotls itself"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
