/** What would answer a question now, as `GET /v1/explain` tells it. A stable contract: fields are added, never renamed. */
export interface Explanation {
  /** In presentation form, with the dot at its end. */
  readonly name: string;
  readonly type: string;
  /** Who would answer: `local` is dotls itself, from what it knows or because it refuses. */
  readonly answeredBy: "local" | "cache" | "upstream" | "nobody";
  /** The whole story in one line. */
  readonly summary: string;
  /** What each stage says, in the order in which a query passes them, up to the one that answers. */
  readonly steps: readonly ExplainedStep[];
  /** What is kept for the question; null: nothing. */
  readonly cache: {
    /** Whose it is: that of the name, or of one above that does not exist (RFC 8020). */
    readonly name: string;
    readonly state: "fresh" | "stale" | "failure";
    readonly rcode: string;
    /** Seconds since it was stored, and those for which it still holds; 0 or less: over its time. */
    readonly age: number;
    readonly left: number;
  } | null;
  readonly route: {
    /** The suffix that matched, as the configuration has it; null: none, so it goes where all else goes. */
    readonly match: string | null;
    readonly policy: string;
    /** Whether it leaves unencrypted because the bypass is open. */
    readonly bypass: boolean;
    /** In the order of the configuration. */
    readonly upstreams: readonly ExplainedUpstream[];
    /** The label of the one that is asked first; null: none can be said, or there is none. */
    readonly first: string | null;
  } | null;
}

interface ExplainedStep {
  readonly stage: "access" | "question" | "local names" | "cache" | "route" | "policy";
  readonly says: string;
}

interface ExplainedUpstream {
  readonly label: string;
  readonly address: string;
  readonly state: "idle" | "connecting" | "up" | "down";
  /** Whether the policy may choose it at present; what is down is tried again on the side. */
  readonly eligible: boolean;
  /** What is wrong with it, in words; null: nothing. */
  readonly trouble: string | null;
  /** How long its answers take at present, ms; null: not known. */
  readonly typicalMs: number | null;
}

/** What became of the question that an upstream was asked because somebody wanted to know whether it answers. */
export interface UpstreamTest {
  readonly label: string;
  readonly address: string;
  /** What it was asked: the name servers of the zone that its route is for, else `. NS`. */
  readonly question: string;
  /** It gave an answer, whatever stands in it: `rcode` says that. */
  readonly ok: boolean;
  /** Of a connection of its own, in ms; null: it did not come so far. */
  readonly connectMs: number | null;
  readonly handshakeMs: number | null;
  readonly resumed: boolean | null;
  readonly tlsVersion: string | null;
  /** From sending the question to its answer, ms. */
  readonly queryMs: number | null;
  readonly rcode: string | null;
  readonly authenticated: "name" | "pin" | "none" | null;
  /** Why not, in words; null: all is well. */
  readonly error: string | null;
}
