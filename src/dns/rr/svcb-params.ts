import { isIPv4 } from "node:net";
import { decimalEscape, unescapeText } from "../escape.ts";
import { formatIpv4, formatIpv6 } from "../ip.ts";
import { readU16 } from "../header.ts";
import { numbered } from "../rrtype.ts";
import { PresentationError, WireError } from "../text-errors.ts";
import { parseIpv4, parseIpv6 } from "./address-fields.ts";
import { fromBase64, toBase64 } from "./binary-text.ts";
import { parseInteger } from "./number-fields.ts";
import { RdataReader } from "./rdata-reader.ts";
import { escapeString } from "./string-fields.ts";

/** What a parameter means: a list, a text, or true for one that has no value. */
export type SvcParamValue = string | number | boolean | string[];

/** One kind of parameter in its three forms. `format` gives what stands behind the `=`; empty when nothing does. */
interface SvcParamKind {
  readonly read: (bytes: Uint8Array) => SvcParamValue;
  readonly write: (value: SvcParamValue) => Uint8Array;
  readonly format: (value: SvcParamValue) => string;
  readonly parse: (text: string) => SvcParamValue;
}

const keyNames = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

/** Keys that dig 9.18 prints as `key7` and `key8`, but which text may name (RFC 9461 section 5, RFC 9540 section 4). */
const laterNames = new Map([
  ["dohpath", 7],
  ["ohttp", 8],
]);

/** The name of a key as dig 9.18 prints it. */
export function svcKeyName(key: number): string {
  return keyNames[key] ?? `key${key}`;
}

/** The key of a name (RFC 9460 section 14.3.2). Throws PresentationError when it is none. */
export function svcKeyCode(name: string): number {
  const lower = name.toLowerCase();
  const known = keyNames.indexOf(lower);
  const key = known >= 0 ? known : (laterNames.get(lower) ?? numbered(lower, "key"));
  if (key === undefined) throw new PresentationError(`${JSON.stringify(name)} is no service parameter`);
  return key;
}

/** RFC 9460 section 8: the keys that a client must understand, in strictly rising order and without itself. */
const mandatory: SvcParamKind = {
  read: (bytes) => {
    const keys = pieces(bytes, 2).map((piece) => readU16(piece, 0));
    if (!rising(keys)) throw new WireError("mandatory keys are out of order");
    return keys.map(svcKeyName);
  },
  write: (value) =>
    Uint8Array.from(
      list(value)
        .map(svcKeyCode)
        .flatMap((key) => [key >>> 8, key & 0xff]),
    ),
  format: (value) => list(value).join(","),
  parse: (text) => {
    const keys = plain(text)
      .split(",")
      .map(svcKeyCode)
      .sort((a, b) => a - b);
    if (!rising(keys)) throw new PresentationError("mandatory names itself or a key twice");
    return keys.map(svcKeyName);
  },
};

function rising(keys: readonly number[]): boolean {
  return keys.every((key, index) => key > (keys[index - 1] ?? 0));
}

/** RFC 9460 section 7.1.1: protocol ids, each with a length byte. Text escapes twice: commas first, then as a string. */
const alpn: SvcParamKind = {
  read: (bytes) => {
    const ids = [];
    for (const reader = new RdataReader(bytes); ids.length === 0 || reader.remaining > 0;) {
      const id = reader.take(reader.u8());
      if (id.length === 0) throw new WireError("an ALPN id is empty");
      ids.push(escapeString(id));
    }
    return ids;
  },
  write: (value) =>
    Buffer.concat(
      list(value)
        .map((id) => unescapeText(id))
        .flatMap((id) => [Uint8Array.of(id.length), id]),
    ),
  format: (value) => `"${list(value).map(escapeListItem).join(",")}"`,
  parse: (text) =>
    splitList(unescapeText(text)).map((id) => {
      if (id.length === 0 || id.length > 255)
        throw new PresentationError("an ALPN id is empty or over 255 bytes");
      return escapeString(id);
    }),
};

/** RFC 9460 section 7.1.1: no value. */
const noDefaultAlpn: SvcParamKind = {
  read: (bytes) => {
    if (bytes.length > 0) throw new WireError("no-default-alpn has a value");
    return true;
  },
  write: () => new Uint8Array(0),
  format: () => "",
  parse: (text) => {
    if (text !== "") throw new PresentationError("no-default-alpn takes no value");
    return true;
  },
};

/** RFC 9460 section 7.2: a 16-bit number. */
const port: SvcParamKind = {
  read: (bytes) => {
    if (bytes.length !== 2) throw new WireError("a port is not two bytes long");
    return readU16(bytes, 0);
  },
  write: (value) => Uint8Array.of(Number(value) >>> 8, Number(value) & 0xff),
  format: String,
  parse: (text) => parseInteger(plain(text), 0xffff),
};

/** RFC 9460 section 7.3: addresses one behind the other. */
function hint(size: number, format: (bytes: Uint8Array) => string): SvcParamKind {
  return {
    read: (bytes) => pieces(bytes, size).map((piece) => format(piece)),
    write: (value) => Buffer.concat(list(value).map(parseAddress)),
    format: (value) => list(value).join(","),
    parse: (text) =>
      plain(text)
        .split(",")
        .map((address) => {
          const bytes = parseAddress(address);
          if (bytes.length !== size) throw new PresentationError(`${address} is of the other address family`);
          return format(bytes);
        }),
  };
}

/** RFC 9848 section 3: an ECHConfigList, in base64. */
const ech: SvcParamKind = {
  read: (bytes) => {
    if (bytes.length === 0) throw new WireError("ech is empty");
    return toBase64(bytes);
  },
  write: (value) => fromBase64(String(value)),
  format: String,
  parse: (text) => {
    if (text === "") throw new PresentationError("ech is empty");
    return toBase64(fromBase64(plain(text)));
  },
};

/** RFC 9460 section 2.1: any other value is bytes, written as a string. */
const opaque: SvcParamKind = {
  read: (bytes) => escapeString(bytes),
  write: (value) => unescapeText(String(value)),
  format: (value) => (value === "" ? "" : `"${String(value)}"`),
  parse: (text) => escapeString(unescapeText(text)),
};

const kinds: readonly SvcParamKind[] = [
  mandatory,
  alpn,
  noDefaultAlpn,
  port,
  hint(4, formatIpv4),
  ech,
  hint(16, formatIpv6),
];

/** The kind of the parameter with this key. */
export function svcParamKind(key: number): SvcParamKind {
  return kinds[key] ?? opaque;
}

function list(value: SvcParamValue): string[] {
  return Array.isArray(value) ? value : [];
}

/** Text that is neither a string nor a list of strings; escapes in it are undone. */
function plain(text: string): string {
  return Buffer.from(unescapeText(text)).toString("latin1");
}

/** Equal pieces, one at least. Throws WireError when they do not come out even. */
function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  if (bytes.length === 0 || bytes.length % size !== 0) throw new WireError("a list is empty or cut short");
  return Array.from({ length: bytes.length / size }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

function parseAddress(text: string): Uint8Array {
  return isIPv4(text) ? parseIpv4(text) : parseIpv6(text);
}

/** One item of a list as dig prints it: `,` and `\` are escaped for the list, and that backslash for the string. */
function escapeListItem(item: string): string {
  let text = "";
  for (const byte of unescapeText(item)) {
    if (byte <= 0x20 || byte >= 0x7f) text += decimalEscape(byte);
    else if (byte === 0x2c) text += "\\\\,";
    else if (byte === 0x5c) text += "\\\\\\\\";
    else if (byte === 0x22) text += '\\"';
    else text += String.fromCharCode(byte);
  }
  return text;
}

/** The items of a list whose commas are not behind a backslash (RFC 9460 appendix A.1). */
function splitList(bytes: Uint8Array): Uint8Array[] {
  const items: number[][] = [[]];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === 0x2c) items.push([]);
    else if (byte === 0x5c && at + 1 < bytes.length) items.at(-1)!.push(bytes[++at]!);
    else items.at(-1)!.push(byte);
  }
  return items.map((item) => Uint8Array.from(item));
}
