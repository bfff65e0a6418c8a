import type { Row, Section } from "./bench.ts";
import { dnsdist } from "./forwarders/dnsdist.ts";
import { dotls } from "./forwarders/dotls.ts";
import { echo, echoInNode } from "./forwarders/echo.ts";
import type { Forwarder } from "./forwarders/forwarder.ts";
import { kresd } from "./forwarders/kresd.ts";
import { smartdns } from "./forwarders/smartdns.ts";
import { stubby } from "./forwarders/stubby.ts";
import { unbound } from "./forwarders/unbound.ts";

/** All programs; how else one is set up stands behind its name, in parentheses. */
export const programs: readonly Forwarder[] = [
  dotls,
  unbound,
  dnsdist,
  kresd,
  smartdns,
  stubby,
  echo,
  echoInNode,
];

/** What `--only` leaves. */
export interface Choice {
  readonly wantsRow: (row: Row) => boolean;
  readonly wants: (forwarder: Forwarder) => boolean;
}

/**
 * Reads `--only`: names of rows and of forwarders, separated by commas. Without a row it is all of them, and so with forwarders.
 * A forwarder's name stands for all ways to set it up. Throws when a name is neither.
 */
export function choose(only: string | undefined, sections: readonly Section[]): Choice {
  const names = only?.toLowerCase().split(",") ?? [];
  const rows = new Set(sections.flatMap((section) => section.rows.map(({ name }) => name)));
  const forwarders = new Set(programs.map(({ name }) => name.toLowerCase()));
  const unknown = names.find((name) => !rows.has(name) && !forwarders.has(name));
  if (unknown !== undefined) {
    const known = [...rows, ...forwarders].join(", ");
    throw new Error(`--only ${unknown}: this is neither a row nor a forwarder; there are ${known}`);
  }
  const someRows = names.filter((name) => rows.has(name));
  const some = names.filter((name) => forwarders.has(name));
  const isProgram = (name: string): boolean => forwarders.has(name);
  return {
    wantsRow: ({ name }) => someRows.length === 0 || someRows.includes(name),
    wants({ name }) {
      const program = name.toLowerCase().replace(/ \(.*$/, "");
      // Other builds of dotls were asked for by name.
      return some.length === 0 || some.includes(program) || !isProgram(program);
    },
  };
}
