import type { Config } from "../config/config.ts";
import type { Explanation } from "../control/explanation.ts";
import { HEADER_LENGTH, HeaderOffset, writeU16 } from "../dns/header.ts";
import { formatName } from "../dns/name.ts";
import { rcodeName } from "../dns/rcode.ts";
import { RrClass } from "../dns/rrclass.ts";
import { typeName } from "../dns/rrtype.ts";
import { ClientQuery } from "../listen/client-query.ts";
import { Access } from "../resolve/access.ts";
import type { CacheOptions } from "../resolve/cache-stage.ts";
import { nowhere } from "../resolve/errand.ts";
import { LocalNames } from "../resolve/local-names.ts";
import { Step } from "../resolve/stage.ts";
import { Unanswerable } from "../resolve/unanswerable.ts";
import type { Group } from "../upstream/group.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { keptFor } from "./explain-cache.ts";
import type { GroupPurpose, Groups } from "./groups.ts";

/** What an engine answers with. */
export interface ExplainSources {
  readonly config: Config;
  readonly groups: Groups;
  readonly cache: CacheOptions | null;
}

type ExplainedStep = Explanation["steps"][number];

/**
 * Says what would answer a question now, and why, without asking anybody. It goes by the same parts in the same order as
 * the resolver. `name` in wire form; `client`: the IP address of who asks, or null for somebody who may.
 */
export function explain(
  name: Uint8Array,
  type: number,
  client: string | null,
  sources: ExplainSources,
): Explanation {
  const { config, groups } = sources;
  const query = questionOf(name, type, client);
  const steps: ExplainedStep[] = [];
  const story = (
    answeredBy: Explanation["answeredBy"],
    summary: string,
    more: Partial<Pick<Explanation, "cache" | "route">> = {},
  ): Explanation => ({
    name: formatName(name),
    type: typeName(type),
    answeredBy,
    summary,
    steps,
    cache: null,
    route: null,
    ...more,
  });
  const itself = (stage: ExplainedStep["stage"], why: string): Explanation => {
    const says = `${why}: ${rcodeName(query.rcode)}`;
    steps.push({ stage, says });
    return story("local", says);
  };

  const { allow } = config.access;
  const prefixes = allow.length === 0 ? "nobody is" : `clients of ${allow.join(", ")} are`;
  if (client !== null && new Access(allow).enter(query) === Step.ANSWERED) {
    return itself("access", `${client} may not ask, ${prefixes} answered (access.allow)`);
  }
  steps.push({ stage: "access", says: client === null ? `${prefixes} answered` : `${client} may ask` });
  if (new Unanswerable().enter(query) === Step.ANSWERED) {
    return itself("question", "dotls does not pass on questions of this type");
  }
  if (new LocalNames(config.localNames, groups.routes).enter(query) === Step.ANSWERED) {
    return itself("local names", "the name is answered here (localNames)");
  }
  steps.push({ stage: "local names", says: "none of the names that are answered here, or a route has it" });

  const bypass = groups.routes.diverts(query);
  const kept =
    bypass || sources.cache === null ? null : keptFor(query, sources.cache, groups.routes.covers(query));
  const cache = kept?.entry ?? null;
  const empty =
    sources.cache === null ? "there is none (cache.size is 0)" : "nothing is kept for this question";
  steps.push({
    stage: "cache",
    says: bypass ? "not looked at while the bypass is open" : (kept?.says ?? empty),
  });
  const route = routeOf(query, groups, bypass);
  if (kept?.given === "now") return story("cache", kept.says, { cache, route });
  const where =
    route.match === null ? "no route matches: the general upstreams" : `the route for ${route.match}`;
  steps.push({ stage: "route", says: bypass ? "the bypass is open: the network's plain resolvers" : where });
  const policy = policySays(route);
  steps.push({ stage: "policy", says: policy });
  if (route.upstreams.some(({ eligible }) => eligible)) {
    return story("upstream", `${where}; ${policy}`, { cache, route });
  }
  return kept === null
    ? story("nobody", policy, { cache, route })
    : story("cache", `${kept.says}; ${policy}`, { cache, route });
}

function questionOf(name: Uint8Array, type: number, client: string | null): ClientQuery {
  const bytes = new Uint8Array(HEADER_LENGTH + name.length + 4);
  // RD=1, one question.
  writeU16(bytes, HeaderOffset.FLAGS, 0x0100);
  writeU16(bytes, HeaderOffset.QDCOUNT, 1);
  bytes.set(name, HEADER_LENGTH);
  writeU16(bytes, HEADER_LENGTH + name.length, type);
  writeU16(bytes, HEADER_LENGTH + name.length + 2, RrClass.IN);
  const query = new ClientQuery(nowhere, 0);
  query.begin(client ?? "127.0.0.1", 0, 0);
  query.read(bytes, bytes.length, false);
  return query;
}

function routeOf(query: ClientQuery, groups: Groups, bypass: boolean): NonNullable<Explanation["route"]> {
  const group = groups.routes.pick(query);
  const about = groups.about.get(group) ?? { policy: "failover", match: [] };
  const upstreams = group.upstreams.map((upstream) => ({
    label: upstream.label,
    address: upstream.place.address,
    state: upstream.state,
    eligible: upstream.sound,
    trouble: (upstream.blocked ?? upstream.lastFailure)?.text ?? null,
    typicalMs: upstream.typicalMs < 0 ? null : upstream.typicalMs,
  }));
  return {
    match: matched(query, about),
    policy: about.policy,
    bypass,
    upstreams,
    first: firstOf(query, group, about.policy)?.label ?? null,
  };
}

/** The longest suffix of the route that the name is in. */
function matched(query: ClientQuery, { match }: GroupPurpose): string | null {
  const name = formatName(query.bytes, HEADER_LENGTH).toLowerCase().slice(0, -1);
  const fitting = match.filter(
    ({ suffix }) => suffix === "." || name === suffix || name.endsWith(`.${suffix}`),
  );
  return fitting.toSorted((a, b) => b.suffix.length - a.suffix.length)[0]?.written ?? null;
}

/** Which one the policy takes, as far as that can be said beforehand. */
function firstOf(query: ClientQuery, group: Group, policy: string): Upstream | null {
  const sound = group.upstreams.filter((upstream) => upstream.sound);
  switch (policy) {
    case "failover":
      return sound[0] ?? null;
    case "hash":
      return group.preview({ question: query.bytes, questionEnd: query.questionEnd });
    case "fastest":
    case "race":
      return sound.toSorted((a, b) => a.typicalMs - b.typicalMs)[0] ?? null;
    default:
      return sound.length === 1 ? sound[0]! : null;
  }
}

function policySays({ policy, upstreams, first }: NonNullable<Explanation["route"]>): string {
  if (!upstreams.some(({ eligible }) => eligible)) {
    const why = upstreams.map(({ label, trouble }) => `${label}: ${trouble ?? "nothing is known of it yet"}`);
    return `no upstream works at present: ${why.join("; ")}`;
  }
  if (upstreams.length === 1) return `${first} is the only one`;
  if (upstreams.filter(({ eligible }) => eligible).length === 1) return `only ${first} works at present`;
  switch (policy) {
    case "failover":
      return `failover: the first that works is ${first}`;
    case "hash":
      return `hash: all names of this domain go to ${first}`;
    case "fastest":
      return `fastest: ${first} has answered soonest lately; one question in forty goes to another`;
    case "race":
      return `race: two at once, ${first} among them`;
    default:
      return "round-robin: each in turn";
  }
}
