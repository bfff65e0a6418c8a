import { bracketed } from "../../config/ip-address.ts";
import { parseMatch } from "../../config/route-match.ts";
import { upstreamAddress, upstreamPort } from "../../config/upstream-address.ts";
import { PORTS } from "../../config/upstream-draft.ts";
import { parseServerName } from "../../config/server-name.ts";
import type { Conversion, SourceOption } from "./conversion.ts";
import { addressesOf, tlsUpstream, tryParts } from "./server-entry.ts";
import { optionOf, type ServerClause } from "./unbound-server.ts";
import type { Attribute, Clause } from "./unbound-text.ts";

const NOBODY =
  "unbound asks the root servers itself here, and not servers that dotls could ask in its place: list upstreams of your own";

const EVERYTHING_ELSE =
  "unbound asked the root servers itself for every name without a forward zone; dotls asks the upstreams that it has by default: list your own";

/** A server of a zone: what dotls.yaml holds, and what has to be said about it. */
interface Server {
  readonly value: unknown;
  readonly attribute: Attribute;
  readonly remarks: readonly string[];
}

interface Zone {
  readonly clause: Clause;
  readonly isStub: boolean;
  /** In small letters without the dot at its end; `.` is the root. */
  readonly name: string;
  /** Its own attribute `name`, or the head of the clause. */
  readonly nameOption: SourceOption;
  readonly servers: readonly Server[];
  /** The attributes that are no servers. */
  readonly others: readonly SourceOption[];
}

/** Converts forward and stub zones: the root becomes `upstreams`, every other zone a route. */
export function convertZones(clauses: readonly Clause[], server: ServerClause, conversion: Conversion): void {
  const general = server.all("tls-upstream", "ssl-upstream", "tcp-upstream");
  const overTls = server.isOn("tls-upstream", "ssl-upstream");
  const overTcp = server.isOn("tcp-upstream");
  for (const attribute of general) {
    conversion.drop(optionOf(attribute), "became the scheme of each server");
  }
  const seen = new Set<string>();
  for (const clause of clauses) {
    if (clause.name !== "forward-zone" && clause.name !== "stub-zone") continue;
    const zone = readZone(clause, { overTls, overTcp }, conversion);
    if (zone.servers.length === 0) {
      const reason = `no server is left for ${zone.name}, so its names go where those around it go`;
      conversion.drop(zone.nameOption, reason);
    } else if (seen.has(zone.name)) {
      conversion.drop(zone.nameOption, `there is a zone ${zone.name} before, which counts`);
    } else {
      seen.add(zone.name);
      if (zone.name === ".") addUpstreams(zone, conversion);
      else addRoute(zone, conversion);
    }
  }
  if (!clauses.some(({ name }) => name === "forward-zone" || name === "stub-zone")) {
    conversion.remark(server.absent("forward-zone"), NOBODY);
  }
  if (conversion.has("routes") && !conversion.has("upstreams")) {
    conversion.remark(server.absent("forward-zone"), EVERYTHING_ELSE);
  }
}

function addUpstreams(zone: Zone, conversion: Conversion): void {
  for (const [index, { value, attribute, remarks }] of zone.servers.entries()) {
    const around = index === 0 ? [zone.nameOption, ...zone.others] : [];
    conversion.add("upstreams", value, [optionOf(attribute), ...around], remarks);
  }
}

function addRoute(zone: Zone, conversion: Conversion): void {
  const made = tryParts(() => parseMatch(zone.name));
  if (made.fault !== null) {
    conversion.drop(zone.nameOption, `this zone is left out: ${made.fault}`);
    return;
  }
  const route = { match: [zone.name], upstreams: withoutTwins(zone.servers.map(({ value }) => value)) };
  const from = [zone.nameOption, ...zone.servers.map(({ attribute }) => optionOf(attribute)), ...zone.others];
  const remarks = zone.servers.flatMap(({ remarks }) => remarks);
  if (zone.isStub) {
    remarks.push(
      "a stub zone names the servers that hold the zone: they get queries with RD set, which most of them answer all the same",
    );
  }
  conversion.add("routes", route, from, [...new Set(remarks)]);
}

function withoutTwins(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** What holds for all zones that say nothing else. */
interface Transport {
  readonly overTls: boolean;
  readonly overTcp: boolean;
}

function readZone(clause: Clause, general: Transport, conversion: Conversion): Zone {
  const prefix = clause.name === "stub-zone" ? "stub" : "forward";
  const last = (...names: string[]): Attribute | undefined =>
    clause.attributes.findLast(({ name }) => names.includes(name));
  const isOn = (...names: string[]): boolean => last(...names)?.values[0] === "yes";
  const nameAttribute = last("name");
  const nameOption =
    nameAttribute === undefined
      ? { where: clause.where, name: clause.name, value: "" }
      : { ...optionOf(nameAttribute), name: clause.name };
  const written = (nameAttribute?.values[0] ?? "").toLowerCase();
  const name = written === "." ? written : written.replace(/\.$/, "");
  const transport = {
    overTls: isOn(`${prefix}-tls-upstream`, `${prefix}-ssl-upstream`) || general.overTls,
    overTcp: isOn(`${prefix}-tcp-upstream`) || general.overTcp,
  };
  const servers: Server[] = [];
  const others: SourceOption[] = [];
  for (const attribute of clause.attributes) {
    const option = optionOf(attribute);
    if (attribute === nameAttribute) continue;
    if (attribute.name === `${prefix}-addr` || attribute.name === `${prefix}-host`) {
      const made = tryParts(() => readServer(attribute, transport, name === "."));
      if (made.fault === null) servers.push(made.value);
      else conversion.drop(option, `this server is left out: ${made.fault}`);
      continue;
    }
    const reason = ZONE_REASONS.get(attribute.name.replace(`${prefix}-`, ""));
    if (reason === undefined) conversion.drop(option, "this option of a zone is not known");
    else if (reason !== null && attribute.values[0] === "yes") conversion.drop(option, reason);
    else others.push(option);
  }
  return { clause, isStub: prefix === "stub", name, nameOption, servers, others };
}

/** Switches of a zone without the `forward-` or `stub-` before them: why one that is on has no key; null when it has. */
const ZONE_REASONS: ReadonlyMap<string, string | null> = new Map([
  ["tls-upstream", null],
  ["ssl-upstream", null],
  ["tcp-upstream", null],
  ["first", "when no server answers, the client gets SERVFAIL with the reason: nobody else is asked"],
  ["no-cache", "there is no cache to keep answers out of by zone"],
  ["prime", "dotls asks the servers that are listed, and does not look for others"],
]);

/**
 * Reads `ADDRESS@PORT#NAME` of an address, `HOST@PORT#NAME` of a host.
 *
 * @throws RangeError, ConfigValueError why it cannot be used
 */
function readServer(attribute: Attribute, { overTls, overTcp }: Transport, forAll: boolean): Server {
  const [, host = "", port = null, name = null] =
    /^([^@#]*)(?:@([^@#]*))?(?:#(.*))?$/.exec(attribute.values[0]!) ?? [];
  const isHost = attribute.name.endsWith("-host");
  if (!overTls) {
    if (forAll) {
      throw new RangeError("queries for every name never leave in the clear; write a server that speaks TLS");
    }
    if (isHost) throw new RangeError("a plain server is known by its address alone; write that");
    const address = bracketed(upstreamAddress(host));
    const suffix = port === null || upstreamPort(port) === PORTS.udp ? "" : `:${port}`;
    return { value: `${overTcp ? "tcp" : "udp"}://${address}${suffix}`, attribute, remarks: [] };
  }
  if (isHost) {
    const ownName = parseServerName(host);
    if (name !== null && parseServerName(name) !== ownName) {
      throw new RangeError(`it goes by two names, ${host} and ${name}; write its address and ${name}`);
    }
    const addresses = addressesOf(ownName);
    if (addresses === null) {
      throw new RangeError(
        `unbound finds its address by itself, dotls does not; write the address, and #${ownName} behind it`,
      );
    }
    const ownPort = port === null ? PORTS.tls : upstreamPort(port);
    const value = { addresses, ...(ownPort !== PORTS.tls && { port: ownPort }), name: ownName };
    return { value, attribute, remarks: ["the addresses of this server are known to dotls"] };
  }
  const remarks =
    name === null || name === ""
      ? [
          "without #NAME unbound takes any certificate; here it must carry the address: add the name if it carries one",
        ]
      : [];
  return { value: tlsUpstream({ address: host, port, name: name === "" ? null : name }), attribute, remarks };
}
