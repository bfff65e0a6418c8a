import type { VNode } from "preact";
import type { ConfigView } from "../../src/control/observe-routes.ts";
import type { ReloadReport, Status } from "../../src/control/status.ts";
import { usePoll } from "../hooks/use-poll.ts";
import { Act } from "../parts/act.tsx";
import { Doctor } from "../parts/doctor.tsx";
import { Explain } from "../parts/explain.tsx";
import { OptionTable } from "../parts/option-table.tsx";
import { count } from "../text/numbers.ts";
import { moment } from "../text/times.ts";

/** What the server runs with, and what can be done to it. */
export function Config({ status }: { readonly status: Status }): VNode {
  const { data, error, again } = usePoll<ConfigView>("/v1/config", 10_000);
  return (
    <>
      <div class="title">
        <h1>Config</h1>
        <p class="muted">{data !== null && `${data.file ?? "no file"}, taken ${moment(data.loadedAt)}`}</p>
      </div>
      <div class="columns three">
        <Doctor />
        <section class="card">
          <h2>Actions</h2>
          <div class="acts">
            <Act<ReloadReport>
              label="Reload the configuration"
              method="POST"
              path="/v1/reload"
              say={({ needsRestart }) =>
                needsRestart.length === 0
                  ? "in force"
                  : `in force; needs a restart: ${needsRestart.join(", ")}`
              }
              done={again}
            />
            {status.cache !== null && (
              <Act<{ removed: number }>
                label="Empty the cache"
                method="POST"
                path="/v1/flush"
                confirm="Forget all answers? They are fetched anew when somebody asks."
                say={({ removed }) => `${count(removed)} answers forgotten`}
              />
            )}
            <Act<{ forgotten: number }>
              label="Forget the history"
              method="DELETE"
              path="/v1/history"
              confirm="Forget all queries, in memory and on disk? This cannot be undone."
              say={({ forgotten }) => `${count(forgotten)} queries forgotten`}
            />
          </div>
        </section>
        <Explain />
      </div>
      {error?.kind === "refused" && <p role="alert">{error.message}</p>}
      {data !== null && <OptionTable options={data.options} />}
    </>
  );
}
