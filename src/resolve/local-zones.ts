import { HEADER_LENGTH, writeU16, writeU32 } from "../dns/header.ts";
import { parseName } from "../dns/name.ts";
import { Rcode } from "../dns/rcode.ts";
import type { OwnRecords } from "../dns/reply-writer.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import { SuffixTable } from "./suffix-table.ts";

/** Names that mean something here, or nothing anywhere. */
export type LocalGroup =
  | "localhost"
  | "invalid"
  | "test"
  | "local"
  | "onion"
  | "homeArpa"
  | "resolverArpa"
  | "ipv4onlyArpa"
  | "reverse";

/** Which of them are answered here. */
export type LocalGroups = Readonly<Record<LocalGroup, boolean>>;

/** What is said at a name: the records of a type where there are some, else that there are none. */
interface LocalAnswers {
  readonly rcode: number;
  readonly records: ReadonlyMap<number, OwnRecords>;
  readonly none: OwnRecords;
}

/** A name with an answer for itself and one for all below it. */
export interface LocalNode {
  /** Wire length of the name. */
  readonly nameLength: number;
  /** Whether a zone begins here: its DS records then are its parent's, and not ours. */
  readonly apex: boolean;
  readonly at: LocalAnswers;
  readonly below: LocalAnswers;
}

/** For all records, and for negative answers: the value of RFC 6303 section 3. */
const TTL = 10_800;

/** Reverse zones of private and special addresses, which nobody outside serves (RFC 6303 section 4, RFC 7793). */
const reverseZones: readonly string[] = [
  ...["0", "10", "254.169", "168.192", ...each(16, 31, "172"), ...each(64, 127, "100")].map(inAddr),
  ...["2.0.192", "100.51.198", "113.0.203", "255.255.255.255"].map(inAddr),
  ...["d.f", "8.e.f", "9.e.f", "a.e.f", "b.e.f", "8.b.d.0.1.0.0.2", `0${".0".repeat(31)}`].map(ip6),
];

/** A pointer to the question's name. */
const SELF: Uint8Array = Uint8Array.of(0xc0, HEADER_LENGTH);
const LOOPBACK_4: Uint8Array = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK_6: Uint8Array = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** The names of the groups that are on, with their answers. */
export function localZones(groups: LocalGroups): SuffixTable<LocalNode> {
  const zones = new SuffixTable<LocalNode>();
  if (groups.localhost) addLoopback(zones);
  // RFC 6761 sections 6.4 and 6.2, RFC 6762 section 22.1, RFC 7686 section 2.
  for (const name of ["invalid", "test", "local", "onion"] as const) {
    if (groups[name]) addUndelegated(zones, parseName(`${name}.`));
  }
  // RFC 8375 section 4.
  if (groups.homeArpa) addEmpty(zones, parseName("home.arpa."));
  if (groups.resolverArpa) addResolver(zones);
  if (groups.ipv4onlyArpa) addIpv4Only(zones);
  if (groups.reverse) for (const name of reverseZones) addEmpty(zones, parseName(name));
  return zones;
}

/** Every name exists and has nothing: clients learn that we stand for nobody else (RFC 9462 section 6.4). */
function addResolver(zones: SuffixTable<LocalNode>): void {
  const name = parseName("resolver.arpa.");
  add(zones, name, true, () => ({ at: apexAnswers(name, []), below: answers(name, Rcode.NOERROR, []) }));
}

/** The two addresses of RFC 7050 section 8.2, and no prefix for NAT64. */
function addIpv4Only(zones: SuffixTable<LocalNode>): void {
  const name = parseName("ipv4only.arpa.");
  add(zones, name, true, () => {
    const addresses = [170, 171].map((last) => record(SELF, RrType.A, Uint8Array.of(192, 0, 0, last)));
    return { at: apexAnswers(name, [[RrType.A, addresses]]), below: answers(name, Rcode.NXDOMAIN, []) };
  });
}

/** localhost and all below it are this machine (RFC 6761 section 6.3), and back. */
function addLoopback(zones: SuffixTable<LocalNode>): void {
  const localhost = parseName("localhost.");
  const own: Records = [
    [RrType.A, [record(SELF, RrType.A, LOOPBACK_4)]],
    [RrType.AAAA, [record(SELF, RrType.AAAA, LOOPBACK_6)]],
  ];
  add(zones, localhost, true, () => ({
    at: apexAnswers(localhost, own),
    below: answers(localhost, Rcode.NOERROR, own),
  }));

  const pointer: Records = [[RrType.PTR, [record(SELF, RrType.PTR, localhost)]]];
  const block = parseName(inAddr("127"));
  addEmpty(zones, block);
  const inBlock = (labels: string, own: Records): void =>
    add(zones, parseName(labels, block), false, () => ({
      at: answers(block, Rcode.NOERROR, own),
      below: answers(block, Rcode.NXDOMAIN, []),
    }));
  // Names on the way to one that exists exist as well (RFC 8020 section 2).
  inBlock("0", []);
  inBlock("0.0", []);
  inBlock("1.0.0", pointer);

  const six = parseName(ip6(`1${".0".repeat(31)}`));
  add(zones, six, true, () => ({ at: apexAnswers(six, pointer), below: answers(six, Rcode.NXDOMAIN, []) }));
}

/** A zone with nothing in it (RFC 6303 section 3). */
function addEmpty(zones: SuffixTable<LocalNode>, name: Uint8Array): void {
  add(zones, name, true, () => ({ at: apexAnswers(name, []), below: answers(name, Rcode.NXDOMAIN, []) }));
}

/**
 * A top-level name that is not in the DNS. Its SOA says for how long, but is no answer when it is asked for: who gets
 * one for local. takes it that the network serves local. over DNS, and turns multicast DNS off.
 */
function addUndelegated(zones: SuffixTable<LocalNode>, name: Uint8Array): void {
  add(zones, name, true, () => ({
    at: answers(name, Rcode.NOERROR, []),
    below: answers(name, Rcode.NXDOMAIN, []),
  }));
}

function add(zones: SuffixTable<LocalNode>, name: Uint8Array, apex: boolean, make: () => Answers): void {
  zones.set(name, new Place(name.length, apex, make), { below: false });
}

interface Answers {
  readonly at: LocalAnswers;
  readonly below: LocalAnswers;
}

/** There are more than a hundred of these, and few are ever asked for: answers are made when the first one is. */
class Place implements LocalNode {
  readonly nameLength: number;
  readonly apex: boolean;
  #make: () => Answers;
  #made: Answers | null = null;

  constructor(nameLength: number, apex: boolean, make: () => Answers) {
    this.nameLength = nameLength;
    this.apex = apex;
    this.#make = make;
  }

  get at(): LocalAnswers {
    return (this.#made ??= this.#make()).at;
  }

  get below(): LocalAnswers {
    return (this.#made ??= this.#make()).below;
  }
}

/** Types with their records in wire form. */
type Records = readonly (readonly [type: number, records: readonly Uint8Array[]])[];

/** The answers where a zone begins: with SOA and NS, as RFC 6303 section 3 wants them. */
function apexAnswers(zone: Uint8Array, own: Records): LocalAnswers {
  return answers(zone, Rcode.NOERROR, [
    ...own,
    [RrType.SOA, [record(SELF, RrType.SOA, soaOf(zone))]],
    [RrType.NS, [record(SELF, RrType.NS, zone)]],
  ]);
}

function answers(zone: Uint8Array, rcode: number, own: Records): LocalAnswers {
  const records = new Map<number, OwnRecords>();
  for (const [type, of] of own) records.set(type, answerOf(of));
  if (own.length > 0) records.set(RrType.ANY, answerOf(own.flatMap(([, of]) => of)));
  const none = { answers: 0, authorities: 1, bytes: record(zone, RrType.SOA, soaOf(zone)) };
  return { rcode, records, none };
}

function answerOf(records: readonly Uint8Array[]): OwnRecords {
  return { answers: records.length, authorities: 0, bytes: concat(...records) };
}

/** The RDATA of RFC 6303 section 3: the zone is its own server, so that updates meant for it do not leave the host. */
function soaOf(zone: Uint8Array): Uint8Array {
  const numbers = new Uint8Array(20);
  for (const [i, value] of [1, 3600, 1200, 604_800, TTL].entries()) writeU32(numbers, 4 * i, value);
  return concat(zone, parseName("nobody.invalid."), numbers);
}

function record(owner: Uint8Array, type: number, rdata: Uint8Array): Uint8Array {
  const fixed = new Uint8Array(10);
  writeU16(fixed, 0, type);
  writeU16(fixed, 2, RrClass.IN);
  writeU32(fixed, 4, TTL);
  writeU16(fixed, 8, rdata.length);
  return concat(owner, fixed, rdata);
}

/** Not `Buffer.concat`: small buffers share a pool, which these would hold for good. */
function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

function each(first: number, last: number, parent: string): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}.${parent}`);
}

function inAddr(labels: string): string {
  return `${labels}.in-addr.arpa.`;
}

function ip6(labels: string): string {
  return `${labels}.ip6.arpa.`;
}
