import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { UpstreamTest } from "../../src/control/explanation.ts";
import type { UpstreamDetail } from "../../src/control/status.ts";
import { ask } from "../api/request.ts";
import { testOutcome, testWords } from "../text/test-words.ts";

/** Has the server ask each of its upstreams now. */
export function Doctor(): VNode {
  const [checks, setChecks] = useState<readonly (UpstreamTest | string)[]>([]);
  const [busy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setChecks([]);
    try {
      const upstreams = await ask<readonly UpstreamDetail[]>("/v1/upstreams");
      const labels = [...new Set(upstreams.map(({ label }) => label))];
      await Promise.all(
        labels.map(async (label) => {
          const tests = await ask<readonly UpstreamTest[]>(
            `/v1/upstreams/test?label=${encodeURIComponent(label)}`,
            "POST",
          );
          setChecks((before) => [...before, ...tests]);
        }),
      );
    } catch (error) {
      setChecks((before) => [...before, error instanceof Error ? error.message : String(error)]);
    }
    setBusy(false);
  };
  return (
    <section class="card">
      <h2>Doctor</h2>
      <p class="muted">Asks each upstream on a connection of its own, and says how far that came.</p>
      <p>
        <button type="button" aria-busy={busy} onClick={() => busy || void run()}>
          {busy ? "Testing…" : "Test all upstreams"}
        </button>
      </p>
      <ul class="checks" aria-live="polite">
        {checks.map((check) =>
          typeof check === "string" ? (
            <li class="bad-text">{check}</li>
          ) : (
            <li>
              <b class={`${testOutcome(check).tone}-text`}>{testOutcome(check).text[0]}</b> {check.label}
              <br />
              <span class="muted">{testWords(check)}</span>
            </li>
          ),
        )}
      </ul>
    </section>
  );
}
