import type { SourceOption } from "./conversion.ts";
import type { Attribute, Clause } from "./unbound-text.ts";

/** All that stands in the `server:` clauses of the files; it knows what nobody has asked for. */
export class ServerClause {
  readonly file: string;
  readonly #attributes: readonly Attribute[];
  readonly #used = new Set<string>();

  constructor(file: string, clauses: readonly Clause[]) {
    this.file = file;
    this.#attributes = clauses.flatMap(({ name, attributes }) => (name === "server" ? attributes : []));
  }

  /** Every attribute of these names, in the order of the text. */
  all(...names: readonly string[]): Attribute[] {
    for (const name of names) this.#used.add(name);
    return this.#attributes.filter(({ name }) => names.includes(name));
  }

  /** The values of every attribute of these names, which stay unused. */
  peek(...names: readonly string[]): string[] {
    return this.#attributes.filter(({ name }) => names.includes(name)).map(({ values }) => values[0]!);
  }

  /** The attribute that counts when only one of these can. */
  last(...names: readonly string[]): Attribute | null {
    return this.all(...names).at(-1) ?? null;
  }

  /** Whether a switch is on. */
  isOn(...names: readonly string[]): boolean {
    return this.last(...names)?.values[0] === "yes";
  }

  /** Whether a switch that is on by default is off. */
  isOff(name: string): boolean {
    return this.last(name)?.values[0] === "no";
  }

  unused(): Attribute[] {
    return this.#attributes.filter(({ name }) => !this.#used.has(name));
  }

  /** Stands for an option that is not there. */
  absent(name: string): SourceOption {
    return { where: this.file, name, value: "not given" };
  }
}

/** An attribute as comments and remarks name it. */
export function optionOf({ name, values, where }: Attribute): SourceOption {
  // The key of a control channel or a cookie stays where it is.
  return { name, where, value: /secret/.test(name) ? "" : values.join(" ") };
}
