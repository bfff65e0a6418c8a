import type { VNode } from "preact";
import type { Status } from "../../src/control/status.ts";
import { duration } from "../text/times.ts";
import { Act } from "./act.tsx";

/** Red on each page while queries leave unencrypted. */
export function BypassBanner({
  status,
  again,
}: {
  readonly status: Status;
  readonly again: () => void;
}): VNode {
  const open = status.bypass?.open ?? null;
  return (
    <div role="alert">
      {open !== null && (
        <div class="banner bad">
          <p>
            <b>The bypass is open: queries leave unencrypted</b> to {open.resolvers.join(", ")}, for another{" "}
            {duration((Date.parse(open.until) - Date.now()) / 1000)}. Opened by {open.by}.
          </p>
          <Act label="Close it now" method="DELETE" path="/v1/bypass?by=dashboard" done={again} />
        </div>
      )}
    </div>
  );
}
