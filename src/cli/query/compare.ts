import { comparisonJson } from "./compare-json.ts";
import { compareMessages } from "./compare-messages.ts";
import { comparisonText } from "./compare-text.ts";
import { contestantsOf } from "./contestants.ts";
import { LookupRunner, type LookupOutcome } from "./run-lookup.ts";
import type { GlobalSettings, Lookup } from "./settings.ts";

/** A server of a comparison, and what came of asking it. */
export interface Compared {
  /** As it was written. */
  readonly label: string;
  readonly outcome: LookupOutcome;
}

/**
 * Asks one question of several servers at once, each `@SERVER` in the manner of the options and each SPEC in its own, and
 * prints where their answers differ. Gives whether each one answered.
 *
 * Throws UsageError, ServerError and ConfigValueError for what is no server.
 */
export async function compareServers(
  lookup: Lookup,
  specs: readonly string[],
  globals: GlobalSettings,
  out: (text: string) => void,
): Promise<boolean> {
  const contestants = await contestantsOf(lookup, specs, globals.family);
  const runner = new LookupRunner(globals);
  const compared = await Promise.all(
    contestants.map(async ({ label, lookup, servers, failure }): Promise<Compared> => {
      if (failure !== null) return { label, outcome: { kind: "silence", reason: failure } };
      const outcome = await runner.run(lookup, servers, { warning() {}, comment() {}, sending() {} });
      return { label, outcome };
    }),
  );
  const messages = compared.map(({ outcome }) => (outcome.kind === "reply" ? outcome.reply.message : null));
  const comparison = compareMessages(messages);
  out(
    globals.json
      ? comparisonJson(lookup, compared, comparison)
      : comparisonText(lookup, compared, comparison),
  );
  return messages.every((message) => message !== null);
}
