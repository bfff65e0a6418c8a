import type { Conversion, SourceOption } from "./conversion.ts";
import { networkOf, withoutPrefixes } from "./prefixes.ts";
import { tryParts } from "./server-entry.ts";
import { optionOf, type ServerClause } from "./unbound-server.ts";
import type { Attribute } from "./unbound-text.ts";

/** Who is answered when nothing is said (unbound.conf(5), access-control). */
const DEFAULT_ALLOWED = ["127.0.0.0/8", "::1/128"];

const REMARKS: ReadonlyMap<string, string | null> = new Map([
  ["allow", null],
  ["allow_setrd", "queries without RD are refused: there is no data of our own to answer them from"],
  ["allow_snoop", "queries without RD are refused: there is no data of our own to answer them from"],
  ["allow_cookie", "clients need no DNS cookie here"],
]);

interface Rule {
  readonly attribute: Attribute;
  readonly prefix: string;
  readonly allows: boolean;
}

/**
 * Converts `access-control` into the one list of those that are answered. The most specific rule counts there, so what
 * is refused inside of what is allowed is cut out of it.
 */
export function convertAccess(server: ServerClause, conversion: Conversion): void {
  const rules = server.all("access-control").flatMap((attribute) => readRule(attribute, conversion));
  // A later rule on the same prefix replaces an earlier one.
  const last = new Map(rules.map((rule) => [rule.prefix, rule]));
  for (const prefix of DEFAULT_ALLOWED) {
    if (!last.has(prefix)) {
      const option = { ...server.absent("access-control"), value: `${prefix} allow, by default` };
      addAllowed(prefix, refusedOf(last), [option], conversion);
    }
  }
  for (const rule of last.values()) {
    const option = optionOf(rule.attribute);
    if (rule.allows) addAllowed(rule.prefix, refusedOf(last), [option], conversion);
    else conversion.drop(option, "who is not in access.allow is refused");
  }
  if (!conversion.has("access.allow")) {
    // Without the key, private networks would be answered: more than unbound did.
    const remark = "unbound answers nobody; the list cannot be empty";
    conversion.add("access.allow", "127.0.0.1/32", [server.absent("access-control")], [remark]);
  }
}

function readRule(attribute: Attribute, conversion: Conversion): Rule[] {
  const [netblock = "", action = ""] = attribute.values;
  const option = optionOf(attribute);
  const made = tryParts(() => networkOf(netblock));
  if (made.fault !== null) {
    conversion.drop(option, `left out: ${made.fault}`);
    return [];
  }
  const remark = REMARKS.get(action);
  if (typeof remark === "string") conversion.remark(option, remark);
  const allows = remark !== undefined;
  if (!allows && !/^(deny|refuse)(_non_local)?$/.test(action)) {
    conversion.drop(option, `the action ${action} is not known, so these clients are refused`);
  }
  return [{ attribute, prefix: made.value, allows }];
}

/** Puts what is left of a prefix into the list. */
function addAllowed(
  prefix: string,
  refused: readonly string[],
  from: readonly SourceOption[],
  conversion: Conversion,
): void {
  const left = withoutPrefixes(prefix, refused);
  const remarks =
    left.length === 1 && left[0] === prefix ? [] : [`without what is refused inside of ${prefix}`];
  for (const [index, part] of left.entries()) {
    conversion.add("access.allow", part, index === 0 ? from : [], index === 0 ? remarks : []);
  }
}

function refusedOf(rules: ReadonlyMap<string, Rule>): string[] {
  return [...rules.values()].filter(({ allows }) => !allows).map(({ prefix }) => prefix);
}
