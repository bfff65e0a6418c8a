import type { TlsOptions, UpstreamSpec } from "../../config/config.ts";
import { DEFAULT_TLS } from "../../config/tls-options.ts";
import { readUpstream } from "../../config/upstream-spec.ts";
import { facesOf } from "../reach/designated.ts";
import { Targets } from "../reach/targets.ts";
import { resolveServer, type Server, ServerError } from "./server.ts";
import type { GlobalSettings, Lookup } from "./settings.ts";
import { checkCa } from "./target.ts";

/** Who takes part in a comparison, and how it is asked. */
export interface Contestant {
  /** As it was written. */
  readonly label: string;
  readonly lookup: Lookup;
  /** Its addresses, of which the first that answers counts. */
  readonly servers: readonly Server[];
  /** Why there is nobody to ask. */
  readonly failure: string | null;
}

type Family = GlobalSettings["family"];

/**
 * Everybody whom a comparison asks: each `@SERVER` in the manner of the options, each SPEC in its own, with the authorities
 * and pins of the options.
 *
 * Throws UsageError, ServerError and ConfigValueError for what is no server.
 */
export function contestantsOf(
  lookup: Lookup,
  specs: readonly string[],
  family: Family,
): Promise<Contestant[]> {
  const { tlsCa } = lookup;
  if (tlsCa !== null) checkCa(tlsCa);
  const general: TlsOptions = { ...DEFAULT_TLS, ca: tlsCa === null ? "system" : { file: tlsCa } };
  const targets = new Targets();
  return Promise.all([
    ...lookup.servers.map(async (text) => ({
      label: `@${text}`,
      lookup,
      servers: await resolveServer(text, family),
      failure: null,
    })),
    ...specs.map((text) =>
      contestantOf({ ...readUpstream(text, general), label: text }, lookup, family, targets),
    ),
  ]);
}

async function contestantOf(
  written: UpstreamSpec,
  lookup: Lookup,
  family: Family,
  targets: Targets,
): Promise<Contestant> {
  const { label, protocol, ddr } = written;
  const isPlain = protocol === "udp" || protocol === "tcp";
  const own: Lookup = { ...lookup, tls: !isPlain, tcp: protocol === "tcp" || lookup.tcp };
  const spec = { ...written, pins: [...lookup.tlsPins, ...written.pins] };
  const made = { label, lookup: own, failure: null };
  if (ddr) return { ...made, ...(await designated(spec, family, targets)) };
  const named = { ...spec, name: spec.name ?? lookup.tlsName };
  const https = protocol === "https" ? { path: spec.path, method: spec.method } : null;
  const addresses = await addressesOf(spec, family);
  const servers = addresses.map((address): Server => {
    const place = { address, port: spec.port, label, tlsName: null };
    return isPlain ? place : Object.assign(place, { way: { target: targets.at(named, address), https } });
  });
  return { ...made, servers };
}

async function designated(
  spec: UpstreamSpec,
  family: Family,
  targets: Targets,
): Promise<Pick<Contestant, "servers" | "failure">> {
  const faces = await facesOf(spec, targets);
  if ("kind" in faces) return { servers: [], failure: faces.text };
  const fitting = faces.filter(
    ({ target }) => family === 0 || (target.address.includes(":") ? 6 : 4) === family,
  );
  const servers = fitting.map(({ target, https }) => ({
    address: target.address,
    port: target.port,
    label: spec.label,
    tlsName: null,
    way: { target, https },
  }));
  return { servers, failure: servers.length === 0 ? "no address of that family" : null };
}

async function addressesOf({ label, name, addresses }: UpstreamSpec, family: Family): Promise<string[]> {
  const found = await Promise.all(
    (addresses.length > 0 ? addresses : [name!]).map(async (host) => {
      try {
        return await resolveServer(host.includes(":") ? `[${host}]` : host, family);
      } catch (error) {
        // A preset has addresses of both families, of which one may be unwanted.
        if (error instanceof ServerError && addresses.length > 1) return [];
        throw error;
      }
    }),
  );
  if (found.flat().length === 0) throw new ServerError(`${label}: no address of that family`);
  return found.flat().map(({ address }) => address);
}
