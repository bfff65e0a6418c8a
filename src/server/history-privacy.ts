import type { HistoryConfig } from "../config/config.ts";
import { parseName } from "../dns/name.ts";
import { HistoryPrivacy } from "../observe/history-privacy.ts";

/** What the configuration says is to be kept of queries. */
export function privacyFor({ privacy, ignore }: HistoryConfig): HistoryPrivacy {
  const names = ignore.map(({ suffix, apex }) => ({
    name: parseName(suffix === "." ? suffix : `${suffix}.`),
    below: !apex,
  }));
  return new HistoryPrivacy(privacy, names);
}
