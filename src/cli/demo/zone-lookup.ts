import { equalFolded, FOLD } from "../../dns/name-hash.ts";
import type { Question, ResourceRecord } from "../../dns/message.ts";
import { Rcode } from "../../dns/rcode.ts";
import { RrClass } from "../../dns/rrclass.ts";
import { RrType } from "../../dns/rrtype.ts";
import { DotlsError } from "../../errors.ts";

/** What a zone says about a question. */
export interface ZoneAnswer {
  readonly rcode: number;
  readonly answers: readonly ResourceRecord[];
  /** The SOA record when the answer is negative, its TTL bounded by its last field (RFC 2308 section 5). */
  readonly authorities: readonly ResourceRecord[];
}

/** How many aliases are followed: more is a loop. */
const MAX_ALIASES = 16;

/** The longest name in wire form (RFC 1035 section 2.3.4). */
const MAX_NAME = 255;

/** The records at one name, by type; without any for an empty non-terminal (RFC 4592 section 2.2.2). */
type Node = Map<number, ResourceRecord[]>;

/** One zone without delegations, answered as an authoritative server does (RFC 1034 section 4.3.2). */
export class Zone {
  /** The name of the zone in wire form. */
  readonly origin: Uint8Array;
  readonly #nodes = new Map<string, Node>();
  readonly #soa: ResourceRecord;

  /** Takes the records of a zone; throws DotlsError when there is no SOA record or a record stands outside of it. */
  constructor(records: readonly ResourceRecord[]) {
    const soa = records.find(({ type }) => type === RrType.SOA);
    if (soa === undefined) throw new DotlsError("ERR_DOTLS_BAD_ZONE", "the zone has no SOA record");
    this.origin = soa.name;
    const minimum = new DataView(soa.rdata.buffer, soa.rdata.byteOffset).getUint32(soa.rdata.length - 4);
    this.#soa = { ...soa, ttl: Math.min(soa.ttl, minimum) };
    for (const record of records) this.#add(record);
  }

  /** Whether the name is that of the zone or below it. */
  contains(name: Uint8Array): boolean {
    return isAtOrBelow(name, this.origin);
  }

  /** The answer to a question; REFUSED for names outside of the zone and for other classes. */
  answer({ name, type, class: klass }: Question): ZoneAnswer {
    if (!this.contains(name) || (klass !== RrClass.IN && klass !== RrClass.ANY)) {
      return { rcode: Rcode.REFUSED, answers: [], authorities: [] };
    }
    const answers: ResourceRecord[] = [];
    let current = name;
    for (let aliases = 0; aliases < MAX_ALIASES; aliases += 1) {
      const redirect = this.#redirect(current);
      if (redirect !== null) {
        answers.push(redirect.dname);
        if (redirect.cname === null) return { rcode: Rcode.YXDOMAIN, answers, authorities: [] };
        answers.push(redirect.cname);
        current = redirect.cname.rdata;
      } else {
        const node = this.#find(current);
        if (node === null) return this.#negative(Rcode.NXDOMAIN, answers);
        const found = recordsOf(node, type, current);
        if (found.length > 0)
          return { rcode: Rcode.NOERROR, answers: [...answers, ...found], authorities: [] };
        const [alias] = recordsOf(node, RrType.CNAME, current);
        if (alias === undefined) return this.#negative(Rcode.NOERROR, answers);
        answers.push(alias);
        current = alias.rdata;
      }
      // What is outside of the zone is for the resolver to find.
      if (!this.contains(current)) break;
    }
    return { rcode: Rcode.NOERROR, answers, authorities: [] };
  }

  #add(record: ResourceRecord): void {
    if (!this.contains(record.name)) {
      throw new DotlsError("ERR_DOTLS_BAD_ZONE", "a record stands outside of the zone");
    }
    // The names between the zone's and the record's exist, too.
    for (let name = record.name; name.length > this.origin.length; name = parentOf(name)) this.#node(name);
    const node = this.#node(record.name);
    const list = node.get(record.type);
    if (list === undefined) node.set(record.type, [record]);
    else list.push(record);
  }

  #node(name: Uint8Array): Node {
    const key = keyOf(name);
    const node = this.#nodes.get(key) ?? new Map<number, ResourceRecord[]>();
    this.#nodes.set(key, node);
    return node;
  }

  /** The node of the name, or the wildcard that stands in for it (RFC 4592 section 3.3.1); null: there is no such name. */
  #find(name: Uint8Array): Node | null {
    const exact = this.#nodes.get(keyOf(name));
    if (exact !== undefined) return exact;
    let encloser = parentOf(name);
    while (!this.#nodes.has(keyOf(encloser))) encloser = parentOf(encloser);
    return this.#nodes.get(`\x01*${keyOf(encloser)}`) ?? null;
  }

  /** The DNAME above the name and the CNAME made from it (RFC 6672 section 3.2), null when that would be too long. */
  #redirect(name: Uint8Array): { dname: ResourceRecord; cname: ResourceRecord | null } | null {
    for (let above = name; above.length > this.origin.length;) {
      above = parentOf(above);
      const dname = this.#nodes.get(keyOf(above))?.get(RrType.DNAME)?.[0];
      if (dname === undefined) continue;
      const prefix = name.subarray(0, name.length - above.length);
      if (prefix.length + dname.rdata.length > MAX_NAME) return { dname, cname: null };
      const rdata = Buffer.concat([prefix, dname.rdata]);
      return { dname, cname: { ...dname, name, type: RrType.CNAME, rdata } };
    }
    return null;
  }

  #negative(rcode: number, answers: readonly ResourceRecord[]): ZoneAnswer {
    return { rcode, answers, authorities: [this.#soa] };
  }
}

/** The records of a type (of all types for ANY, RFC 1034 section 4.3.2) under the name that was asked for. */
function recordsOf(node: Node, type: number, name: Uint8Array): ResourceRecord[] {
  const records = type === RrType.ANY ? [...node.values()].flat() : (node.get(type) ?? []);
  return records.map((record) => ({
    name,
    type: record.type,
    class: record.class,
    ttl: record.ttl,
    rdata: record.rdata,
  }));
}

function isAtOrBelow(name: Uint8Array, origin: Uint8Array): boolean {
  let rest = name;
  while (rest.length > origin.length) rest = parentOf(rest);
  return rest.length === origin.length && equalFolded(rest, 0, origin, 0, origin.length);
}

/** The name without its first label; the name must not be the root. */
function parentOf(name: Uint8Array): Uint8Array {
  return name.subarray(1 + name[0]!);
}

/** Equal for names that differ in the case of ASCII letters alone (RFC 4343). */
function keyOf(name: Uint8Array): string {
  return Buffer.from(name.map((byte) => FOLD[byte]!)).toString("latin1");
}
