/** `info` is a fact that is neither good nor bad. Only `fail` means broken. */
export type Mark = "ok" | "info" | "warn" | "fail";

/** One thing that was looked at, and what came of it. */
export interface Finding {
  /** What was looked at: a stable word for programs, listed in docs/doctor.md. */
  readonly check: string;
  readonly mark: Mark;
  /** One line. What a peer had a hand in is made printable where it is shown. */
  readonly text: string;
  /** More lines of the same, such as the certificates of a chain. */
  readonly details: readonly string[];
  /** What to do, as a sentence; null: nothing. */
  readonly advice: string | null;
  /** The same for programs. */
  readonly facts: Readonly<Record<string, unknown>>;
}

type Rest = Partial<Pick<Finding, "details" | "advice" | "facts">>;

/** Makes a finding; what is left away is empty. */
export function finding(check: string, mark: Mark, text: string, rest: Rest = {}): Finding {
  const { details = [], advice = null, facts = {} } = rest;
  return { check, mark, text, details, advice, facts };
}

const order: readonly Mark[] = ["ok", "info", "warn", "fail"];

/** The worst mark of all; `ok` when there are none. A fact alone leaves all well. */
export function worst(marks: readonly Mark[]): "ok" | "warn" | "fail" {
  const index = Math.max(0, ...marks.map((mark) => order.indexOf(mark)));
  const mark = order[index]!;
  return mark === "info" ? "ok" : mark;
}

/** Milliseconds for programs, with what the clock can tell apart. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
