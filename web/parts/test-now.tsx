import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { UpstreamTest } from "../../src/control/explanation.ts";
import { testOutcome, testWords } from "../text/test-words.ts";
import { Act } from "./act.tsx";

/** Has the server ask an upstream now, on a connection of its own, and says what came of it. */
export function TestNow({ label }: { readonly label: string }): VNode {
  const [tests, setTests] = useState<readonly UpstreamTest[]>([]);
  return (
    <div class="test">
      <Act<readonly UpstreamTest[]>
        label="Test now"
        about={label}
        method="POST"
        path={`/v1/upstreams/test?label=${encodeURIComponent(label)}`}
        done={setTests}
      />
      <ul aria-live="polite">
        {tests.map((test) => {
          const { tone, text } = testOutcome(test);
          return (
            <li key={test.address}>
              <b class={`${tone}-text`}>{text}</b> {testWords(test)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
