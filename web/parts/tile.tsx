import type { ComponentChildren, VNode } from "preact";

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly tone?: "good" | "warn" | "bad" | undefined;
  readonly children?: ComponentChildren;
}

/** One number that matters, and what stands behind it. */
export function Tile({ label, value, tone, children }: TileProps): VNode {
  return (
    <div class="tile card">
      <dt>{label}</dt>
      <dd class={`value ${tone === undefined ? "" : `${tone}-text`}`}>{value}</dd>
      <dd class="muted">{children}</dd>
    </div>
  );
}
