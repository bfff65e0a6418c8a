import { className } from "../../dns/rrclass.ts";
import { typeName } from "../../dns/rrtype.ts";
import type { Compared } from "./compare.ts";
import type { Comparison } from "./compare-messages.ts";
import { describeReply } from "./json.ts";
import type { Lookup } from "./settings.ts";

/** A comparison as one line of JSON: docs/query.md says what each field is. */
export function comparisonJson(
  lookup: Lookup,
  compared: readonly Compared[],
  { differs, answers, authorities, additionals }: Comparison,
): string {
  const { name, type, class: rrclass } = lookup;
  const servers = compared.map(({ label: spec, outcome }): object =>
    Object.assign(
      { spec },
      outcome.kind === "reply" ? describeReply(outcome.reply) : { error: outcome.reason },
    ),
  );
  const question = { name, type: typeName(type), class: className(rrclass) };
  return `${JSON.stringify({ question, differs, servers, answers, authorities, additionals })}\n`;
}
