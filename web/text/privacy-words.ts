import type { Privacy } from "../../src/observe/history-privacy.ts";

/** What the history does not keep, in words; null: it keeps all. */
export const PRIVACY_WORDS: Readonly<Record<Privacy, string | null>> = {
  full: null,
  "mask-clients":
    "The history keeps the networks of clients, not their addresses (history.privacy: mask-clients).",
  "hide-clients": "The history does not keep who asked (history.privacy: hide-clients).",
  "counters-only":
    "The history keeps nothing of any query (history.privacy: counters-only), so there is nothing to find here.",
};
