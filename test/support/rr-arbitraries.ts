import * as fc from "fast-check";
import { RrType } from "../../src/dns/rrtype.ts";

/** Arbitrary valid RDATA of each type in wire form, built by hand from its RFC and without the code under test. */

type Bytes = fc.Arbitrary<Uint8Array>;

function join(...parts: readonly Bytes[]): Bytes {
  return fc.tuple(...parts).map((values) => Buffer.concat(values));
}

function bytes(min: number, max = min): Bytes {
  return fc.uint8Array({ minLength: min, maxLength: max });
}

function counted(min: number, max: number): Bytes {
  return bytes(min, max).map((data) => Buffer.concat([Buffer.of(data.length), data]));
}

const u8 = bytes(1);
const u16 = bytes(2);
const u32 = bytes(4);
const blob = bytes(1, 120);
const characterString = counted(0, 255);

/** A name in wire form, without compression: any bytes in its labels. */
export const arbitraryName: Bytes = fc
  .oneof(
    { weight: 6, arbitrary: fc.array(bytes(1, 12), { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(bytes(1, 62), { minLength: 3, maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(bytes(1), { maxLength: 127 }) },
  )
  .map((labels) =>
    Buffer.concat([...labels.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)]),
  );

/** A type bit map as RFC 4034 section 4.1.2 has it: windows in rising order, no zero byte at the end of any. */
const typeBitmap: Bytes = fc.uniqueArray(fc.nat(0xffff), { maxLength: 12 }).map((types) => {
  const windows = new Map<number, Uint8Array>();
  for (const type of types) {
    const bits = windows.get(type >> 8) ?? new Uint8Array(32);
    bits[(type & 255) >> 3]! |= 0x80 >> (type & 7);
    windows.set(type >> 8, bits);
  }
  return Buffer.concat(
    [...windows]
      .sort(([a], [b]) => a - b)
      .flatMap(([window, bits]) => {
        const used = bits.subarray(0, bits.findLastIndex((byte) => byte > 0) + 1);
        return [Buffer.of(window, used.length), used];
      }),
  );
});

const address: Bytes = bytes(1, 4).map((data) => {
  const end = data.findLastIndex((byte) => byte > 0) + 1;
  return Buffer.concat([Buffer.of(end), data.subarray(0, end)]);
});

/** One APL item: 16-bit family, prefix, negation and length, address without zero bytes at its end. */
const aplItem: Bytes = fc
  .tuple(fc.constantFrom(1, 2), fc.nat(32), fc.boolean(), address)
  .map(([family, prefix, negated, part]) =>
    Buffer.concat([Buffer.of(0, family, prefix, part[0]! | (negated ? 0x80 : 0)), part.subarray(1)]),
  );

const locSize: Bytes = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(9), fc.boolean())
  .map(([digit, power, zero]) => Buffer.of(zero ? 0 : (digit << 4) | power));

function locAngle(degrees: number): Bytes {
  const limit = degrees * 3_600_000;
  return fc.integer({ min: -limit, max: limit }).map((angle) => {
    const data = Buffer.alloc(4);
    data.writeUInt32BE(2 ** 31 + angle);
    return data;
  });
}

const gateway: Bytes = fc.oneof(
  join(u8, fc.constant(Uint8Array.of(0)), u8),
  join(u8, fc.constant(Uint8Array.of(1)), u8, bytes(4)),
  join(u8, fc.constant(Uint8Array.of(2)), u8, bytes(16)),
  join(u8, fc.constant(Uint8Array.of(3)), u8, arbitraryName),
);

const hip: Bytes = fc
  .tuple(bytes(1, 40), u8, blob, fc.array(arbitraryName, { maxLength: 3 }))
  .map(([hit, algorithm, key, servers]) =>
    Buffer.concat([Buffer.of(hit.length), algorithm, Buffer.of(0, key.length), hit, key, ...servers]),
  );

const caaTag: Bytes = fc
  .stringMatching(/^[0-9A-Za-z]{1,30}$/)
  .map((tag) => Buffer.concat([Buffer.of(tag.length), Buffer.from(tag)]));

/** The value of the service parameter with this key in a record that has all these keys, in rising order. */
function svcValue(key: number, keys: readonly number[]): Bytes {
  if (key === 0) {
    return fc
      .subarray(keys.slice(1), { minLength: 1 })
      .map((chosen) => Buffer.concat(chosen.map((one) => Buffer.of(one >> 8, one & 255))));
  }
  const several = (item: Bytes): Bytes =>
    fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => Buffer.concat(items));
  if (key === 1) return several(counted(1, 20));
  if (key === 2) return fc.constant(new Uint8Array(0));
  if (key === 3) return u16;
  if (key === 4) return several(bytes(4));
  if (key === 5) return blob;
  if (key === 6) return several(bytes(16));
  return bytes(0, 40);
}

const svcParams: Bytes = fc
  .uniqueArray(fc.oneof(fc.nat(9), fc.nat(0xffff)), { maxLength: 8 })
  // Nothing can be mandatory where nothing else is.
  .map((keys) => (keys.length === 1 ? keys.filter((key) => key > 0) : keys.sort((a, b) => a - b)))
  .chain((keys) => fc.tuple(...keys.map((key) => svcValue(key, keys).map((value) => [key, value] as const))))
  .map((params) =>
    Buffer.concat(
      params.flatMap(([key, value]) => [
        Buffer.of(key >> 8, key & 255, value.length >> 8, value.length & 255),
        value,
      ]),
    ),
  );

const soa = join(arbitraryName, arbitraryName, bytes(20));
const txt = fc
  .array(characterString, { minLength: 1, maxLength: 4 })
  .map((strings) => Buffer.concat(strings));
const prefixed = join(u16, arbitraryName);
const ds = join(u16, u8, u8, blob);
const dnskey = join(u16, u8, u8, blob);
const tlsa = join(bytes(3), blob);
const svcb = join(u16, arbitraryName, svcParams);

/** By type code. */
export const arbitraryRdata: ReadonlyMap<number, Bytes> = new Map<number, Bytes>([
  [RrType.A, u32],
  [RrType.NS, arbitraryName],
  [RrType.CNAME, arbitraryName],
  [RrType.SOA, soa],
  [RrType.PTR, arbitraryName],
  [RrType.HINFO, join(characterString, characterString)],
  [RrType.MX, prefixed],
  [RrType.TXT, txt],
  [RrType.RP, join(arbitraryName, arbitraryName)],
  [RrType.AFSDB, prefixed],
  [RrType.AAAA, bytes(16)],
  [
    RrType.LOC,
    join(fc.constant(Uint8Array.of(0)), locSize, locSize, locSize, locAngle(90), locAngle(180), u32),
  ],
  [RrType.SRV, join(bytes(6), arbitraryName)],
  [RrType.NAPTR, join(u32, characterString, characterString, characterString, arbitraryName)],
  [RrType.KX, prefixed],
  [RrType.CERT, join(bytes(5), blob)],
  [RrType.DNAME, arbitraryName],
  [RrType.APL, fc.array(aplItem, { maxLength: 5 }).map((items) => Buffer.concat(items))],
  [RrType.DS, ds],
  [RrType.SSHFP, join(u16, blob)],
  [RrType.IPSECKEY, join(gateway, bytes(0, 120))],
  [RrType.RRSIG, join(bytes(18), arbitraryName, blob)],
  [RrType.NSEC, join(arbitraryName, typeBitmap)],
  [RrType.DNSKEY, dnskey],
  [RrType.DHCID, blob],
  [RrType.NSEC3, join(bytes(4), counted(0, 255), counted(1, 255), typeBitmap)],
  [RrType.NSEC3PARAM, join(bytes(4), counted(0, 255))],
  [RrType.TLSA, tlsa],
  [RrType.SMIMEA, tlsa],
  [RrType.HIP, hip],
  [RrType.CDS, ds],
  [RrType.CDNSKEY, dnskey],
  [RrType.OPENPGPKEY, blob],
  [RrType.CSYNC, join(bytes(6), typeBitmap)],
  [RrType.ZONEMD, join(bytes(6), blob)],
  [RrType.SVCB, svcb],
  [RrType.HTTPS, svcb],
  [RrType.SPF, txt],
  [RrType.EUI48, bytes(6)],
  [RrType.EUI64, bytes(8)],
  [RrType.URI, join(u32, bytes(1, 300))],
  [RrType.CAA, join(u8, caaTag, bytes(0, 300))],
]);
