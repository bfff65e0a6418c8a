import type { VNode } from "preact";

/** Says that the server does not answer, or what it says instead of a status; always there, so that a change is read out. */
export function GoneBanner({
  gone,
  error,
}: {
  readonly gone: boolean;
  readonly error: string | null;
}): VNode {
  return (
    <div role="status">
      {gone && (
        <p class="banner warn">
          <b>The server does not answer.</b> What is shown is old. This page tries again and goes on by
          itself.
        </p>
      )}
      {error !== null && (
        <p class="banner warn">
          <b>The server gives no status:</b> {error}
        </p>
      )}
    </div>
  );
}
