import { rcodeCode, rcodeName } from "../dns/rcode.ts";
import { typeCode, typeName } from "../dns/rrtype.ts";
import { DotlsError } from "../errors.ts";
import { matchesGlob } from "./glob.ts";
import { type AnswerSource, answerSources, type HistoryEntry } from "./history-entry.ts";

/** What a reader of the history asks for, as text; what is not set lets everything through. */
export interface HistoryQuery {
  /** Received at this time or later: ISO 8601. */
  readonly since?: string | undefined;
  /** Received before this time: ISO 8601. */
  readonly until?: string | undefined;
  /** A glob; the final dot may be left out. */
  readonly name?: string | undefined;
  /** A mnemonic; `none` for queries that got no answer. */
  readonly rcode?: string | undefined;
  /** A mnemonic or `TYPE12345`. */
  readonly type?: string | undefined;
  /** A glob over the client's address. */
  readonly client?: string | undefined;
  /** One of `answerSources`; `none` for queries that got no answer. */
  readonly source?: string | undefined;
  /** A glob over the label of the upstream that answered. */
  readonly upstream?: string | undefined;
  /** It took so long or longer: a duration such as `100ms`. */
  readonly slow?: string | undefined;
}

/** The keys of a `HistoryQuery`, as parameters of the control API. */
export const historyQueryKeys: readonly (keyof HistoryQuery)[] = [
  "since",
  "until",
  "name",
  "rcode",
  "type",
  "client",
  "source",
  "upstream",
  "slow",
];

/** Whether an entry is wanted. */
export type HistoryFilter = (entry: HistoryEntry) => boolean;

/** Makes one test out of a query. Throws DotlsError (ERR_DOTLS_HISTORY_QUERY) that names what cannot be understood. */
export function historyFilter(query: HistoryQuery): HistoryFilter {
  const tests: HistoryFilter[] = [];
  if (query.since !== undefined) {
    const since = time("since", query.since);
    tests.push((entry) => entry.time >= since);
  }
  if (query.until !== undefined) {
    const until = time("until", query.until);
    tests.push((entry) => entry.time < until);
  }
  if (query.rcode !== undefined) {
    const rcode = rcodeOf(query.rcode);
    tests.push((entry) => entry.rcode === rcode);
  }
  if (query.type !== undefined) {
    const type = typeOf(query.type);
    tests.push((entry) => entry.type === type);
  }
  if (query.client !== undefined) {
    const client = query.client;
    tests.push((entry) => entry.client !== null && matchesGlob(client, entry.client));
  }
  if (query.source !== undefined) {
    const source = sourceOf(query.source);
    tests.push((entry) => entry.source === source);
  }
  if (query.upstream !== undefined) {
    const { upstream } = query;
    tests.push((entry) => entry.server !== null && matchesGlob(upstream, entry.server));
  }
  if (query.slow !== undefined) {
    const least = millisecondsOf(query.slow);
    tests.push((entry) => entry.ms >= least);
  }
  if (query.name !== undefined) {
    const name = query.name;
    tests.push((entry) => entry.name !== null && matchesName(name, entry.name));
  }
  return (entry) => tests.every((test) => test(entry));
}

/** Names in the history are absolute; a glob without a final dot means the same names without theirs. */
function matchesName(glob: string, name: string): boolean {
  return matchesGlob(glob, glob.endsWith(".") || name === "." ? name : name.slice(0, -1));
}

/** In the form of the entries, so that times compare as text. */
function time(key: string, text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw unclear(key, text, "a time such as 2026-11-21T14:00:00Z");
  return date.toISOString();
}

function rcodeOf(text: string): string | null {
  if (text.toLowerCase() === "none") return null;
  const code = rcodeCode(text);
  if (code === undefined) throw unclear("rcode", text, "a response code such as NXDOMAIN, or none");
  return rcodeName(code);
}

function typeOf(text: string): string {
  const code = typeCode(text);
  if (code === undefined) throw unclear("type", text, "a record type such as AAAA or TYPE65");
  return typeName(code);
}

function sourceOf(text: string): AnswerSource | null {
  const source = text.toLowerCase();
  if (source === "none") return null;
  const known = answerSources.find((one) => one === source);
  if (known === undefined) throw unclear("source", text, `${answerSources.join(", ")} or none`);
  return known;
}

/** A duration as the configuration has it, or a plain number of milliseconds. */
function millisecondsOf(text: string): number {
  const parts = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m)?$/.exec(text.trim());
  if (parts === null) throw unclear("slow", text, "a duration such as 100ms or 2s");
  const factor = parts[2] === "s" ? 1000 : parts[2] === "m" ? 60_000 : 1;
  return Number(parts[1]) * factor;
}

function unclear(key: string, text: string, wanted: string): DotlsError {
  return new DotlsError("ERR_DOTLS_HISTORY_QUERY", `${key}: ${JSON.stringify(text)} is not ${wanted}`);
}
