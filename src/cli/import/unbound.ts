import type { Conversion } from "./conversion.ts";
import { readSource, textOf } from "./read-source.ts";
import { convertAccess } from "./unbound-access.ts";
import { includeReader } from "./unbound-include.ts";
import { convertInterfaces } from "./unbound-interfaces.ts";
import { CLAUSE_REASONS, serverReason } from "./unbound-meaningless.ts";
import { optionOf, ServerClause } from "./unbound-server.ts";
import { parseUnbound } from "./unbound-text.ts";
import { convertTls } from "./unbound-tls.ts";
import { convertZones } from "./unbound-zones.ts";

/**
 * Converts unbound.conf and what it includes: forward and stub zones, interfaces, access rules, and how servers are
 * reached over TLS.
 *
 * @throws ConfigError ERR_DOTLS_CONFIG when a file cannot be read, or does not follow the grammar
 */
export function convertUnbound(file: string, conversion: Conversion): void {
  const clauses = parseUnbound(file, textOf(readSource(file)), includeReader(file));
  const server = new ServerClause(file, clauses);
  convertInterfaces(server, conversion);
  convertZones(clauses, server, conversion);
  convertTls(server, conversion);
  convertAccess(server, conversion);
  const verbosity = server.last("verbosity");
  if (verbosity !== null) {
    const level = ["error", "info"][Number(verbosity.values[0])] ?? "debug";
    conversion.set("log.level", level, [optionOf(verbosity)]);
  }
  for (const attribute of server.unused()) {
    conversion.drop(
      optionOf(attribute),
      serverReason(attribute.name) ?? "this option of unbound is not known",
    );
  }
  for (const clause of clauses) {
    const reason = CLAUSE_REASONS.get(clause.name);
    if (reason === undefined) continue;
    conversion.drop({ where: clause.where, name: clause.name, value: "" }, reason);
    for (const attribute of clause.attributes) conversion.drop(optionOf(attribute), reason);
  }
}
