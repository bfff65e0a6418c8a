import { unescapeText } from "../dns/escape.ts";
import { formatIpv4, formatIpv6 } from "../dns/ip.ts";
import { type Message, type ResourceRecord, messageRcode } from "../dns/message.ts";
import { equalNames, formatName, parseName } from "../dns/name.ts";
import { rcodeName } from "../dns/rcode.ts";
import { describeRdata } from "../dns/rr/registry.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import type { Failure } from "./failure.ts";

/** One way in which a resolver says that it can be asked under encryption. */
export interface Designation {
  readonly protocol: "tls" | "https";
  /** The name that the resolver gives to it, without the dot at its end; for people and for finding its addresses. */
  readonly target: string;
  readonly port: number;
  /** `https`: path and query of the URL, without the `{?dns}` of its template; else empty. */
  readonly path: string;
  /** The addresses that came along; none: they are to be found by `target`. */
  readonly addresses: readonly string[];
}

/** What a resolver answered. */
export interface Designations {
  /** Those that can be used here, best first. */
  readonly list: readonly Designation[];
  /** Another name to ask for them; null: this is all. */
  readonly alias: Uint8Array | null;
  /** How long that holds, in seconds. */
  readonly ttl: number;
}

/** What clients ask a resolver at an IP address for (RFC 9462 section 4). */
export const DDR_NAME: Uint8Array = parseName("_dns.resolver.arpa.");

const DOT_PORT = 853;
const HTTPS_PORT = 443;

/** Addresses that are of use: nobody has more. */
const MAX_ADDRESSES = 8;

/** `dohpath`, as parameters are named here. */
const DOHPATH = "key7";

/** Parameters that are understood here; a record for which another one is mandatory is of no use (RFC 9462 section 3). */
const understood: ReadonlySet<string> = new Set([
  "alpn",
  "no-default-alpn",
  "port",
  "ipv4hint",
  "ipv6hint",
  DOHPATH,
]);

/**
 * Reads the SVCB records that `owner` has in an answer (RFC 9461, RFC 9462): DNS over TLS where ALPN has `dot`, DNS over
 * HTTPS where it has `h2` and there is a path. A failure when the answer is an error or a record is malformed, as one bad
 * record spoils all (RFC 9460 section 2.2).
 */
export function designationsIn(
  message: Message,
  owner: Uint8Array,
  random: () => number = Math.random,
): Designations | Failure {
  const rcode = messageRcode(message);
  if (rcode !== 0) return { kind: "bootstrap", text: rcodeName(rcode) };
  const records = message.answers.filter(
    (record) => record.type === RrType.SVCB && record.class === RrClass.IN && equalNames(record.name, owner),
  );
  const services: Service[] = [];
  for (const { rdata } of records) {
    const service = describeRdata(RrType.SVCB, rdata);
    if (!isService(service)) return { kind: "malformed", text: "a malformed SVCB record" };
    services.push(service);
  }
  // Among equals by chance, so that no server of several gets all of us (section 2.4.1).
  const lots = new Map(services.map((service) => [service, random()]));
  services.sort((a, b) => a.priority - b.priority || lots.get(a)! - lots.get(b)!);
  const [first] = services;
  const ttl = Math.min(...records.map((record) => (record.ttl > 0x7fffffff ? 0 : record.ttl)));
  // Where there is an alias, the records beside it do not count (RFC 9460 section 2.4.1).
  if (first?.priority === 0) {
    return { list: [], alias: first.target === "." ? null : parseName(first.target), ttl };
  }
  return { list: services.flatMap((service) => usable(service, owner, message)), alias: null, ttl };
}

/** A record as `describeRdata` gives it. */
interface Service {
  readonly priority: number;
  readonly target: string;
  readonly params: Readonly<Record<string, unknown>>;
}

function isService(value: object): value is Service {
  return "params" in value;
}

/** What a record designates, DNS over TLS first. */
function usable({ target, params }: Service, owner: Uint8Array, message: Message): Designation[] {
  if (!list(params["mandatory"]).every((key) => understood.has(key))) return [];
  // "." stands for the owner, which under resolver.arpa is nobody's name (RFC 9462 section 4).
  if (target === "." && equalNames(owner, DDR_NAME)) return [];
  const name = target === "." ? owner : parseName(target);
  const given = addressesOf(name, message.additionals);
  const addresses = given.length > 0 ? given : [...list(params["ipv6hint"]), ...list(params["ipv4hint"])];
  const alpn = list(params["alpn"]);
  const port = typeof params["port"] === "number" ? params["port"] : null;
  const path = pathOf(params[DOHPATH]);
  const common = {
    target: formatName(name).replace(/\.$/, ""),
    addresses: addresses.slice(0, MAX_ADDRESSES),
  };
  const designations: Designation[] = [];
  if (alpn.includes("dot")) {
    designations.push({ ...common, protocol: "tls", port: port ?? DOT_PORT, path: "" });
  }
  if (alpn.includes("h2") && path !== null) {
    designations.push({ ...common, protocol: "https", port: port ?? HTTPS_PORT, path });
  }
  return designations.filter((designation) => designation.port !== 0);
}

/** The addresses that came along in the additional section count more than hints (RFC 9460 section 7.3). */
function addressesOf(name: Uint8Array, records: readonly ResourceRecord[]): string[] {
  const own = records.filter((record) => record.class === RrClass.IN && equalNames(record.name, name));
  const six = own.filter(({ type, rdata }) => type === RrType.AAAA && rdata.length === 16);
  const four = own.filter(({ type, rdata }) => type === RrType.A && rdata.length === 4);
  return [...six.map(({ rdata }) => formatIpv6(rdata)), ...four.map(({ rdata }) => formatIpv4(rdata))];
}

/** A URI template with the variable `dns` at its end, as all have it, without that; null: none, or one of another form. */
function pathOf(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const template = Buffer.from(unescapeText(value)).toString("utf8");
  const [, path, operator] = /^(\/[!-z|~]*)\{([?&])dns\}$/.exec(template) ?? [];
  if (path === undefined) return null;
  return path.includes("?") === (operator === "&") ? path : null;
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
