import { HEADER_LENGTH, writeU16, writeU32 } from "../dns/header.ts";
import { parseName } from "../dns/name.ts";
import { Rcode } from "../dns/rcode.ts";
import type { OwnRecords } from "../dns/reply-writer.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import { reverseSuffixes } from "./reverse-suffixes.ts";
import { SuffixTable } from "./suffix-table.ts";

/** Names that mean something here, or nothing anywhere; each group can be switched off. */
export type LocalGroup =
  | "localhost"
  | "invalid"
  | "test"
  | "local"
  | "onion"
  | "alt"
  | "internal"
  | "home.arpa"
  | "resolver.arpa"
  | "ipv4only.arpa"
  | "reverse";

/** What is said at a name: the records of a type where there are some, else that there are none. */
export interface LocalAnswers {
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

/** Private and special addresses whose reverse zones nobody outside serves (RFC 6303 section 4, RFC 7793). */
const reversePrefixes: readonly string[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.2.0/24",
  "192.168.0.0/16",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "255.255.255.255/32",
  "::/128",
  "2001:db8::/32",
  "fd00::/8",
  "fe80::/10",
];

/** A pointer to the question's name. */
const SELF: Uint8Array = Uint8Array.of(0xc0, HEADER_LENGTH);
const LOOPBACK_4: Uint8Array = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK_6: Uint8Array = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** The names of the given groups with their answers, each made once. */
export function localZones(groups: ReadonlySet<LocalGroup>): SuffixTable<LocalNode> {
  const zones = new SuffixTable<LocalNode>();
  for (const group of groups) addGroup(zones, group);
  return zones;
}

function addGroup(zones: SuffixTable<LocalNode>, group: LocalGroup): void {
  switch (group) {
    case "localhost":
      addLoopback(zones);
      break;
    case "invalid": // RFC 6761 section 6.4
    case "test": // RFC 6761 section 6.2
    case "local": // RFC 6762 section 22.1
    case "onion": // RFC 7686 section 2
    case "alt": // RFC 9476 section 2
    case "internal": // kept for private use by ICANN
      addUndelegated(zones, parseName(`${group}.`));
      break;
    case "home.arpa": // RFC 8375 section 4
      addEmpty(zones, parseName("home.arpa."));
      break;
    case "resolver.arpa": {
      // Every name exists and has nothing: we are not designated to anybody (RFC 9462 section 6.4).
      const name = parseName("resolver.arpa.");
      const nothing = answers(name, Rcode.NOERROR, []);
      add(zones, name, { at: apexAnswers(name, []), below: nothing }, true);
      break;
    }
    case "ipv4only.arpa": {
      // The two addresses of RFC 7050 section 8.2, and no prefix for NAT64.
      const name = parseName("ipv4only.arpa.");
      const addresses = [170, 171].map((last) => record(SELF, RrType.A, Uint8Array.of(192, 0, 0, last)));
      const at = apexAnswers(name, [[RrType.A, addresses]]);
      add(zones, name, { at, below: answers(name, Rcode.NXDOMAIN, []) }, true);
      break;
    }
    case "reverse":
      for (const name of reversePrefixes.flatMap(reverseSuffixes)) addEmpty(zones, name);
      break;
  }
}

/** localhost and all below it are this machine (RFC 6761 section 6.3), and back. */
function addLoopback(zones: SuffixTable<LocalNode>): void {
  const localhost = parseName("localhost.");
  const own: Records = [
    [RrType.A, [record(SELF, RrType.A, LOOPBACK_4)]],
    [RrType.AAAA, [record(SELF, RrType.AAAA, LOOPBACK_6)]],
  ];
  const below = answers(localhost, Rcode.NOERROR, own);
  add(zones, localhost, { at: apexAnswers(localhost, own), below }, true);

  const pointer: Records = [[RrType.PTR, [record(SELF, RrType.PTR, localhost)]]];
  const [block] = reverseSuffixes("127.0.0.0/8");
  addEmpty(zones, block!);
  const no = answers(block!, Rcode.NXDOMAIN, []);
  // Names on the way to one that exists exist as well (RFC 8020 section 2).
  const empty = answers(block!, Rcode.NOERROR, []);
  add(zones, parseName("0", block), { at: empty, below: no }, false);
  add(zones, parseName("0.0", block), { at: empty, below: no }, false);
  add(zones, parseName("1.0.0", block), { at: answers(block!, Rcode.NOERROR, pointer), below: no }, false);

  const [six] = reverseSuffixes("::1/128");
  const at = apexAnswers(six!, pointer);
  add(zones, six!, { at, below: answers(six!, Rcode.NXDOMAIN, []) }, true);
}

/** A zone with nothing in it (RFC 6303 section 3). */
function addEmpty(zones: SuffixTable<LocalNode>, name: Uint8Array): void {
  add(zones, name, { at: apexAnswers(name, []), below: answers(name, Rcode.NXDOMAIN, []) }, true);
}

/**
 * A top-level name that is not in the DNS. Its SOA says for how long, but is no answer when it is asked for: who gets
 * one for local. takes it that the network serves local. over DNS, and turns multicast DNS off.
 */
function addUndelegated(zones: SuffixTable<LocalNode>, name: Uint8Array): void {
  const at = answers(name, Rcode.NOERROR, []);
  add(zones, name, { at, below: answers(name, Rcode.NXDOMAIN, []) }, true);
}

function add(
  zones: SuffixTable<LocalNode>,
  name: Uint8Array,
  { at, below }: { at: LocalAnswers; below: LocalAnswers },
  apex: boolean,
): void {
  zones.set(name, { nameLength: name.length, apex, at, below }, { below: false });
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
