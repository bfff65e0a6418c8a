import type { VNode } from "preact";
import type { Status } from "../../src/control/status.ts";
import { bytes, count } from "../text/numbers.ts";
import { moment } from "../text/times.ts";
import { Facts } from "./facts.tsx";

/** What the server is and what it holds. */
export function AboutServer({ status }: { readonly status: Status }): VNode {
  const { cache, history, queries } = status;
  return (
    <section class="card">
      <h2>This server</h2>
      <Facts
        facts={[
          ["Listens on", status.listeners.join(", ") || "nothing"],
          [
            "Started",
            `${moment(status.startedAt)}, process ${status.pid}, ${status.workers} worker${status.workers === 1 ? "" : "s"}`,
          ],
          ["Configuration", status.config ?? "no file"],
          [
            "Received",
            `${count(queries.byTransport.udp)} over UDP, ${count(queries.byTransport.tcp)} over TCP; ${count(queries.inFlight)} waiting now`,
          ],
          [
            "Cache",
            cache === null
              ? "off"
              : `${count(cache.entries)} answers, ${count(cache.negatives)} of them negative, in ${bytes(cache.used)} of ${bytes(cache.size)}`,
          ],
          ["History", `${count(history.kept)} of at most ${count(history.size)} queries in memory`],
          [
            "History file",
            history.file === null
              ? "none"
              : `${history.file.path}: ${history.file.error ?? `${count(history.file.lost)} lost`}`,
          ],
        ]}
      />
    </section>
  );
}
