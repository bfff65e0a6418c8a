import type { VNode } from "preact";
import type { ConfigView } from "../../src/control/observe-routes.ts";

/** Every option with its value and where that is from; what somebody has set stands out. */
export function OptionTable({ options }: Pick<ConfigView, "options">): VNode {
  return (
    <div class="scroll card flat" tabIndex={0} role="region" aria-label="Options in force">
      <table class="config">
        <thead>
          <tr>
            <th scope="col">Option</th>
            <th scope="col">Value</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {options.map(({ key, value, origin }) => (
            <tr key={key} class={origin === "default" ? "" : "set"}>
              <th scope="row">
                <code>{key}</code>
              </th>
              <td>
                <code>{written(value)}</code>
              </td>
              <td class="muted">{fromWhere(origin)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** As a file would hold it, in one line. */
function written(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join(", ") || "[]";
  return JSON.stringify(value);
}

/** The folder of the file stands above the table. */
function fromWhere(origin: string): string {
  return origin.replace(/^.*\/(?=[^/]+:\d)/, "");
}
