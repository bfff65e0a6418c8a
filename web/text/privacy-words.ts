import type { Privacy } from "../../src/observe/history-privacy.ts";

/** What the history does not keep, in words; null: it keeps all. */
export function privacyWords(privacy: Privacy): string | null {
  switch (privacy) {
    case "full":
      return null;
    case "mask-clients":
      return "The history keeps the networks of clients, not their addresses (history.privacy: mask-clients).";
    case "hide-clients":
      return "The history does not keep who asked (history.privacy: hide-clients).";
    case "counters-only":
      return "The history keeps nothing of any query (history.privacy: counters-only), so there is nothing to find here.";
  }
}
