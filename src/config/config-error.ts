import { DotlsError } from "../errors.ts";

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** `file:line:column`, `file`, the name of an environment variable, or a flag. */
  readonly where: string;
  /** The key as it stands in a file (`tls.ca`, `upstreams[1].port`); empty when the problem is not about a key. */
  readonly key: string;
  readonly message: string;
  /** What to do about it, as a phrase; null when the message says all. */
  readonly hint: string | null;
}

/** The configuration cannot be used. Holds every problem that was found, in the order of file, environment, flags. */
export class ConfigError extends DotlsError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super("ERR_DOTLS_CONFIG", problems.map(formatProblem).join("\n"));
    this.problems = problems;
  }
}

/** A problem on one line: `file:line:column: key: message (hint)`. */
export function formatProblem(problem: ConfigProblem): string {
  const key = problem.key === "" ? "" : `${problem.key}: `;
  const hint = problem.hint === null ? "" : ` (${problem.hint})`;
  return `${problem.where}: ${key}${problem.message}${hint}`;
}
