import { PresentationError, WireError } from "../text-errors.ts";
import type { Codec } from "./codec.ts";
import { parseInteger } from "./number-fields.ts";
import type { RdataText } from "./rdata-text.ts";

interface Loc {
  /** Thousandths of a second of arc, north positive. */
  latitude: number;
  /** Thousandths of a second of arc, east positive. */
  longitude: number;
  /** Centimetres above the WGS 84 reference spheroid. */
  altitude: number;
  /** Diameter of the sphere around the place, in centimetres. */
  size: number;
  /** In centimetres. */
  horizontalPrecision: number;
  /** In centimetres. */
  verticalPrecision: number;
}

/** Where the equator and the prime meridian lie on the wire. */
const MERIDIAN = 2 ** 31;

/** Zero altitude on the wire, in centimetres. */
const SPHEROID = 10_000_000;

const DEGREE = 3_600_000;

/** What text leaves out (RFC 1876 section 3), in centimetres. */
const DEFAULT_SIZE = 100;
const DEFAULT_HORIZONTAL = 1_000_000;
const DEFAULT_VERTICAL = 1000;

/**
 * LOC (RFC 1876 section 2): version 0, size and two precisions in one byte each, as a digit times a power of ten of
 * centimetres, then latitude, longitude and altitude in 32 bits each.
 */
export const loc: Codec<Loc> = {
  read: (reader) => {
    if (reader.u8() !== 0) throw new WireError("a LOC record has an unknown version");
    const [size, horizontalPrecision, verticalPrecision] = [reader.u8(), reader.u8(), reader.u8()].map(
      centimetres,
    );
    const latitude = within(reader.u32() - MERIDIAN, 90);
    const longitude = within(reader.u32() - MERIDIAN, 180);
    const altitude = reader.u32() - SPHEROID;
    return {
      latitude,
      longitude,
      altitude,
      size: size!,
      horizontalPrecision: horizontalPrecision!,
      verticalPrecision: verticalPrecision!,
    };
  },
  write: (writer, data) => {
    writer.u8(0);
    writer.u8(digitAndPower(data.size));
    writer.u8(digitAndPower(data.horizontalPrecision));
    writer.u8(digitAndPower(data.verticalPrecision));
    writer.u32(data.latitude + MERIDIAN);
    writer.u32(data.longitude + MERIDIAN);
    writer.u32(data.altitude + SPHEROID);
  },
  format: (data) =>
    [
      formatAngle(data.latitude, "N", "S"),
      formatAngle(data.longitude, "E", "W"),
      `${(data.altitude / 100).toFixed(2)}m`,
      formatLength(data.size),
      formatLength(data.horizontalPrecision),
      formatLength(data.verticalPrecision),
    ].join(" "),
  parse: (text) => ({
    latitude: parseAngle(text, 90, "N", "S"),
    longitude: parseAngle(text, 180, "E", "W"),
    altitude: text.word("an altitude", (word) => parseLength(word, -SPHEROID, 2 ** 32 - 1 - SPHEROID)),
    size: parsePrecision(text, DEFAULT_SIZE),
    horizontalPrecision: parsePrecision(text, DEFAULT_HORIZONTAL),
    verticalPrecision: parsePrecision(text, DEFAULT_VERTICAL),
  }),
};

function centimetres(byte: number): number {
  const [digit, power] = [byte >> 4, byte & 15];
  if (digit > 9 || power > 9) throw new WireError("a LOC size is no digit and power of ten");
  return digit * 10 ** power;
}

function digitAndPower(value: number): number {
  const digits = String(value);
  return value === 0 ? 0 : (Number(digits[0]) << 4) | (digits.length - 1);
}

function within(angle: number, degrees: number): number {
  if (Math.abs(angle) > degrees * DEGREE) throw new WireError(`a LOC angle is over ${degrees} degrees`);
  return angle;
}

function formatAngle(angle: number, positive: string, negative: string): string {
  const size = Math.abs(angle);
  const degrees = Math.floor(size / DEGREE);
  const minutes = Math.floor((size % DEGREE) / 60_000);
  const seconds = ((size % 60_000) / 1000).toFixed(3);
  return `${degrees} ${minutes} ${seconds} ${angle < 0 ? negative : positive}`;
}

function formatLength(value: number): string {
  return value < 100 ? `${(value / 100).toFixed(2)}m` : `${value / 100}m`;
}

/** Degrees, then minutes and seconds where they are given, then the direction. */
function parseAngle(text: RdataText, degrees: number, positive: string, negative: string): number {
  const more = (): boolean => /^\d/.test(text.peek()?.text ?? "");
  let angle = text.word("degrees", (word) => parseInteger(word, degrees)) * DEGREE;
  if (more()) angle += text.word("minutes", (word) => parseInteger(word, 59)) * 60_000;
  if (more()) angle += text.word("seconds", parseSeconds);
  return text.word("a direction", (word) => {
    const direction = word.toUpperCase();
    if ((direction !== positive && direction !== negative) || angle > degrees * DEGREE) {
      throw new PresentationError(`this is no angle up to ${degrees} degrees ${positive} or ${negative}`);
    }
    // Not minus zero: the equator is one place.
    return direction === negative && angle > 0 ? -angle : angle;
  });
}

function parseSeconds(text: string): number {
  const [, whole = "", fraction = ""] = /^(\d{1,2})(?:\.(\d{1,3}))?$/.exec(text) ?? [];
  if (whole === "" || Number(whole) > 59)
    throw new PresentationError(`${JSON.stringify(text)} is no second of arc`);
  return Number(whole) * 1000 + Number(fraction.padEnd(3, "0"));
}

/** Metres with up to two decimals and an optional `m`, in centimetres. */
function parseLength(text: string, min: number, max: number): number {
  const [, sign, whole = "", fraction = ""] = /^(-?)(\d{0,8})(?:\.(\d{0,2}))?m?$/i.exec(text) ?? [];
  const value = Number(whole) * 100 + Number(fraction.padEnd(2, "0"));
  const signed = sign === "-" ? -value : value;
  if (whole + fraction === "" || signed < min || signed > max) {
    throw new PresentationError(`${JSON.stringify(text)} is no length from ${min / 100}m to ${max / 100}m`);
  }
  return signed;
}

/** A length of which only the first digit counts, as the reference code of RFC 1876 has it. */
function parsePrecision(text: RdataText, missing: number): number {
  if (text.done) return missing;
  const value = text.word("a size", (word) => parseLength(word, 0, 9_000_000_000));
  return centimetres(digitAndPower(value));
}
