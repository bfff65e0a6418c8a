import type { UpstreamSpec } from "../../config/config.ts";
import { readUpstream } from "../../config/upstream-spec.ts";
import { compareMessages } from "./compare-messages.ts";
import { comparisonJson } from "./compare-json.ts";
import { comparisonText } from "./compare-text.ts";
import { LookupRunner, type LookupOutcome } from "./run-lookup.ts";
import { type Server, resolveServer, ServerError } from "./server.ts";
import type { GlobalSettings, Lookup } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** A server of a comparison, and what came of asking it. */
export interface Compared {
  /** As it was written. */
  readonly label: string;
  readonly outcome: LookupOutcome;
}

/** Who is asked, and how: a server can have several addresses, of which the first that answers counts. */
interface Contestant {
  readonly label: string;
  readonly lookup: Lookup;
  readonly servers: readonly Server[];
}

/**
 * Asks one question of several servers at once, each `@SERVER` in the manner of the options and each SPEC in its own, and
 * prints where their answers differ. Gives whether each one answered.
 *
 * Throws UsageError, ServerError and ConfigValueError for what is no server.
 */
export async function compareServers(
  lookup: Lookup,
  specs: readonly string[],
  globals: GlobalSettings,
  out: (text: string) => void,
): Promise<boolean> {
  const contestants = await Promise.all([
    ...lookup.servers.map(async (text) => ({
      label: `@${text}`,
      lookup,
      servers: await resolveServer(text, globals.family),
    })),
    ...specs.map((text) => contestantOf(readUpstream(text), lookup, globals.family)),
  ]);
  const runner = new LookupRunner(globals);
  const compared = await Promise.all(
    contestants.map(async ({ label, lookup, servers }): Promise<Compared> => {
      const outcome = await runner.run(lookup, servers, { warning() {}, comment() {}, sending() {} });
      return { label, outcome };
    }),
  );
  const messages = compared.map(({ outcome }) => (outcome.kind === "reply" ? outcome.reply.message : null));
  const comparison = compareMessages(messages);
  out(
    globals.json
      ? comparisonJson(lookup, compared, comparison)
      : comparisonText(lookup, compared, comparison),
  );
  return messages.every((message) => message !== null);
}

async function contestantOf(spec: UpstreamSpec, lookup: Lookup, family: 0 | 4 | 6): Promise<Contestant> {
  const { label, protocol, name, port, pins, certHashes } = spec;
  if (protocol === "https" || spec.ddr)
    throw new UsageError(`${label}: --compare asks over TLS, TCP and UDP only`);
  if (certHashes.length > 0) {
    throw new UsageError(`${label}: --compare cannot hold a server against hashes of certificates`);
  }
  const addresses = await Promise.all(
    (spec.addresses.length > 0 ? spec.addresses : [name!]).map(async (host) => {
      try {
        return await resolveServer(host.includes(":") ? `[${host}]` : host, family);
      } catch (error) {
        // A preset has addresses of both families, of which one may be unwanted.
        if (error instanceof ServerError && spec.addresses.length > 1) return [];
        throw error;
      }
    }),
  );
  const servers = addresses.flat().map(({ address }) => ({ address, port, label, tlsName: name }));
  if (servers.length === 0) throw new ServerError(`${label}: no address of that family`);
  const own: Lookup = {
    ...lookup,
    tls: protocol === "tls",
    tcp: protocol === "tcp" || lookup.tcp,
    tlsName: name === null ? lookup.tlsName : null,
    tlsPins: [...lookup.tlsPins, ...pins],
  };
  return { label, lookup: own, servers };
}
