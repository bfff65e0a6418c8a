import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { HistoryEntry } from "../../src/observe/history-entry.ts";
import { linkTo } from "../route.ts";
import { commandOf, digText } from "../text/query-text.ts";
import { Waterfall } from "./waterfall.tsx";

interface QueryDetailProps {
  readonly entry: HistoryEntry;
  readonly listeners: readonly string[];
  readonly close: () => void;
}

/** All that is known of one query. The browser keeps the focus inside of a dialog and takes it back behind it. */
export function QueryDetail({ entry, listeners, close }: QueryDetailProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [copied, setCopied] = useState("");
  useEffect(() => dialog.current!.showModal(), []);
  const command = commandOf(entry, listeners);
  const copy = async (text: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied("copied");
    } catch {
      // Without TLS a browser gives no clipboard to pages of other hosts.
      setCopied("this browser does not let the page copy; select the line above");
    }
  };
  const filter = (parameters: Record<string, string>): string => linkTo("queries", parameters);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="detail-title">
      <div class="title">
        <h2 id="detail-title">
          {entry.name ?? "A query"} <span class="muted">{entry.type}</span>
        </h2>
        <button type="button" onClick={() => dialog.current!.close()} aria-label="Close">
          ✕
        </button>
      </div>
      <Waterfall entry={entry} />
      <pre tabIndex={0} aria-label="As dig would print it">
        {digText(entry)}
      </pre>
      {command !== null && (
        <>
          <h3>Ask again</h3>
          <pre class="command" tabIndex={0}>
            {command}
          </pre>
          <p>
            <button type="button" onClick={() => void copy(command)}>
              Copy the command
            </button>{" "}
            <span role="status">{copied}</span>
          </p>
        </>
      )}
      <p class="links">
        {entry.name !== null && <a href={filter({ name: entry.name })}>All queries for this name</a>}
        {entry.client !== null && <a href={filter({ client: entry.client })}>All of this client</a>}
        {entry.server !== null && (
          <a href={filter({ upstream: entry.server })}>All that this upstream answered</a>
        )}
      </p>
    </dialog>
  );
}
