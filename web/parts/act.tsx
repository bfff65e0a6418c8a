import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { ask } from "../api/request.ts";

interface ActProps<T> {
  readonly label: string;
  /** What it is done to, for who cannot see where the button stands. */
  readonly about?: string;
  readonly method: "POST" | "PUT" | "DELETE";
  readonly path: string;
  /** A question that must be answered with yes before. */
  readonly confirm?: string;
  /** What to say of the reply. */
  readonly say?: (reply: T) => string;
  readonly done?: (reply: T) => void;
}

/** A button that has the server do something, and says how it went. */
export function Act<T>({ label, about, method, path, confirm, say, done }: ActProps<T>): VNode {
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState("");
  const [failed, setFailed] = useState(false);
  const run = async (): Promise<void> => {
    if (confirm !== undefined && !globalThis.confirm(confirm)) return;
    setBusy(true);
    setOutcome("");
    try {
      const reply = await ask<T>(path, method);
      setFailed(false);
      setOutcome(say?.(reply) ?? "");
      done?.(reply);
    } catch (error) {
      setFailed(true);
      setOutcome(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <span class="act">
      {/* Not disabled while it runs: that would take the focus from who pressed it with a key. */}
      <button
        type="button"
        aria-label={about && `${label}: ${about}`}
        aria-busy={busy}
        onClick={() => busy || void run()}
      >
        {busy ? `${label}…` : label}
      </button>
      <span role="status" class={failed ? "bad-text" : ""}>
        {outcome}
      </span>
    </span>
  );
}
