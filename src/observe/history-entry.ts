/** By the numbers of `Source`. */
export const answerSources = ["local", "upstream", "cache", "stale"] as const;

type AnswerSource = (typeof answerSources)[number];

/**
 * One query as people and programs read it: from the control socket, and one line of NDJSON in the history file.
 * A stable contract: fields are added, never renamed; `v` grows when a field changes its meaning (docs/history.md).
 */
export interface HistoryEntry {
  readonly v: 1;
  /** When the query was received: ISO 8601 in UTC, with milliseconds. */
  readonly time: string;
  /** The client's address, without brackets. */
  readonly client: string;
  readonly port: number;
  readonly transport: "udp" | "tcp";
  /** In presentation form (RFC 1035 section 5.1), the case as received; null when the question could not be read. */
  readonly name: string | null;
  /** A mnemonic or `TYPE12345`; null with the name. */
  readonly type: string | null;
  /** A mnemonic or `CLASS12345`; null with the name. */
  readonly class: string | null;
  /** A mnemonic, extended ones included; null when no answer was sent. */
  readonly rcode: string | null;
  /** How long the answer took, in milliseconds, with microseconds behind the point. */
  readonly ms: number;
  /** Where the answer came from: dotls itself, an upstream, memory, memory over its time; null when none was sent. */
  readonly source: AnswerSource | null;
  /** The label of the upstream that answered; null when dotls itself did. */
  readonly server: string | null;
  /** The size of the reply as sent. */
  readonly bytes: number;
  readonly querySize: number;
  /** Why dotls itself answered an error, nothing, or what was over its time, in words. */
  readonly error: string | null;
}
