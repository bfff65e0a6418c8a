import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Explanation } from "../../src/control/explanation.ts";
import { fieldsOf } from "../api/fields.ts";
import { ask } from "../api/request.ts";

/** Says who would answer a name, and why; nobody is asked. */
export function Explain(): VNode {
  const [answer, setAnswer] = useState<Explanation | string | null>(null);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const search = new URLSearchParams(fieldsOf(event));
    try {
      setAnswer(await ask<Explanation>(`/v1/explain?${search.toString()}`));
    } catch (error) {
      setAnswer(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <section class="card">
      <h2>Explain</h2>
      <form class="filters" onSubmit={(event) => void submit(event)} aria-label="Explain">
        <label class="wide">
          Who would answer
          <input name="name" required placeholder="www.example.com" autocomplete="off" spellcheck={false} />
        </label>
        <label>
          Type
          <input name="type" required defaultValue="A" autocomplete="off" />
        </label>
        <button type="submit">Explain</button>
      </form>
      <div role="status">
        {typeof answer === "string" ? (
          <p class="bad-text">{answer}</p>
        ) : (
          answer !== null && (
            <>
              <p>
                <b>{answer.summary}</b>
              </p>
              <ol>
                {answer.steps.map(({ stage, says }) => (
                  <li key={stage}>
                    {stage}: {says}
                  </li>
                ))}
              </ol>
            </>
          )
        )}
      </div>
    </section>
  );
}
