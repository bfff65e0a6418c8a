import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";

interface Target {
  /** The name that the owner points to. */
  target: string;
}

/** The layout of the types that hold one name and nothing else. */
export const target: Codec<Target> = record({
  target: name,
});
