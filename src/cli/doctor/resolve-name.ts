import { lookup } from "node:dns/promises";
import type { BootstrapServer } from "../../config/config.ts";
import { formatHostPort } from "../../config/ip-address.ts";
import { decodeMessage } from "../../dns/message.ts";
import { formatRdata } from "../../dns/rr/registry.ts";
import { RrType } from "../../dns/rrtype.ts";
import { DotlsError } from "../../errors.ts";
import { replyFilter } from "../query/accept.ts";
import { buildQuery } from "../query/build-query.ts";
import { exchangeUdp } from "../query/exchange-plain.ts";
import { defaultSettings } from "../query/settings.ts";
import { milliseconds } from "../query/footer.ts";
import { type Finding, finding, rounded } from "./finding.ts";

/** The addresses of an upstream that is known by name, and how they were come by. */
export interface Resolved {
  readonly addresses: readonly string[];
  readonly finding: Finding;
}

/**
 * Finds the addresses of a name: at the bootstrap resolvers, all at once, or where none are configured at this system's
 * own resolver. Both families. Never rejects.
 */
export async function resolveName(
  name: string,
  bootstrap: readonly BootstrapServer[],
  timeout: number,
): Promise<Resolved> {
  const startedAt = performance.now();
  const found =
    bootstrap.length === 0 ? await fromSystem(name) : await fromBootstrap(name, bootstrap, timeout);
  const ms = performance.now() - startedAt;
  const addresses = [...new Set(found)];
  const facts = { name, addresses, ms: rounded(ms), from: bootstrap.map(place) };
  const from = bootstrap.length === 0 ? "this system" : bootstrap.map(place).join(", ");
  if (addresses.length === 0) {
    return {
      addresses,
      finding: finding("resolve", "fail", `${from} gave no address for ${name}`, {
        facts,
        advice:
          "Write the upstream with its address, tls://ADDRESS#NAME, or set bootstrap to a resolver that can be reached.",
      }),
    };
  }
  const text = `${milliseconds(ms)}, ${addresses.join(", ")}, from ${from}`;
  if (bootstrap.length > 0) return { addresses, finding: finding("resolve", "ok", text, { facts }) };
  return {
    addresses,
    finding: finding("resolve", "warn", text, {
      facts,
      advice:
        "When this system asks dotls itself, the name cannot be found at its start: write the address, or set bootstrap.",
    }),
  };
}

async function fromSystem(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

async function fromBootstrap(
  name: string,
  servers: readonly BootstrapServer[],
  timeout: number,
): Promise<string[]> {
  const questions = servers.flatMap((server) => [RrType.A, RrType.AAAA].map((type) => ({ server, type })));
  const answers = await Promise.all(
    questions.map(({ server, type }) => addressesFrom(server, name, type, timeout)),
  );
  return answers.flat();
}

async function addressesFrom(
  server: BootstrapServer,
  name: string,
  type: number,
  timeout: number,
): Promise<string[]> {
  const query = buildQuery({ ...defaultSettings(), name, type, sendCookie: false }, null);
  try {
    const accept = replyFilter(query.message, () => {});
    const { reply } = await exchangeUdp({ server, query: query.bytes, timeout, source: null, accept });
    return decodeMessage(reply)
      .answers.filter((record) => record.type === type)
      .map((record) => formatRdata(type, record.rdata, record.class));
  } catch (error) {
    if (!(error instanceof DotlsError)) throw error;
    return [];
  }
}

function place({ address, port }: BootstrapServer): string {
  return formatHostPort(address, port);
}
