/** One option, as the documentation, the environment and the flags need it. */
export interface Option {
  /** As it stands in a file: `tls.ca`. */
  readonly key: string;
  /** What it takes, in words. */
  readonly type: string;
  readonly description: string;
  /** As it would be written in a file. */
  readonly default: string | number | boolean | null | readonly string[];
  /** Whether it takes a list. */
  readonly list: boolean;
}

/** What the schema says about an option beside how it is read. */
export type About = Omit<Option, "key" | "list">;
