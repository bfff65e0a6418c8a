import { isIPv4 } from "node:net";
import { canonicalAddress } from "../../config/ip-address.ts";
import { groupsOf, parsePrefix } from "../../config/prefix.ts";

/** A prefix as a number: the bits of its address in front, zeros behind. */
interface Bits {
  readonly version: 4 | 6;
  readonly value: bigint;
  readonly length: number;
}

/**
 * What is left of a prefix when others are taken out of it, as the fewest prefixes that say the same. A prefix that
 * is taken out and not inside takes nothing. All are `ADDRESS/LENGTH`.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_PREFIX
 */
export function withoutPrefixes(prefix: string, taken: readonly string[]): string[] {
  const whole = bitsOf(prefix);
  const inside = taken.map(bitsOf).filter((part) => contains(whole, part));
  return split(whole, inside).map(textOf);
}

/**
 * The network that an address with a length is in: bits behind the length are cleared, as most programs do.
 *
 * @throws ConfigValueError ERR_DOTLS_BAD_PREFIX
 */
export function networkOf(text: string): string {
  const [host = "", lengthText, ...more] = text.split("/");
  const address = bitsOf(parsePrefix(host));
  const length = lengthText === undefined ? address.length : Number(lengthText);
  const readable = lengthText === undefined || /^\d{1,3}$/.test(lengthText);
  if (!readable || length > address.length || more.length > 0) return parsePrefix(text);
  const shift = BigInt(address.length - length);
  return textOf({ ...address, value: (address.value >> shift) << shift, length });
}

function split(whole: Bits, taken: readonly Bits[]): Bits[] {
  if (taken.length === 0) return [whole];
  if (taken.some(({ length }) => length === whole.length)) return [];
  const length = whole.length + 1;
  const half = 1n << BigInt(width(whole) - length);
  return [whole.value, whole.value | half].flatMap((value) => {
    const part = { version: whole.version, value, length };
    return split(
      part,
      taken.filter((other) => contains(part, other)),
    );
  });
}

function contains(outer: Bits, inner: Bits): boolean {
  if (outer.version !== inner.version || inner.length < outer.length) return false;
  const shift = BigInt(width(outer) - outer.length);
  return outer.value >> shift === inner.value >> shift;
}

function width({ version }: Pick<Bits, "version">): number {
  return version === 4 ? 32 : 128;
}

function bitsOf(prefix: string): Bits {
  const [address = "", length] = parsePrefix(prefix).split("/");
  const version = isIPv4(address) ? 4 : 6;
  const groups = version === 4 ? address.split(".").map(Number) : groupsOf(address);
  const shift = version === 4 ? 8n : 16n;
  const value = groups.reduce((sum, group) => (sum << shift) | BigInt(group), 0n);
  return { version, value, length: Number(length) };
}

function textOf({ version, value, length }: Bits): string {
  const shift = version === 4 ? 8n : 16n;
  const mask = (1n << shift) - 1n;
  const count = version === 4 ? 4 : 8;
  const groups = Array.from(
    { length: count },
    (_, index) => (value >> (shift * BigInt(count - 1 - index))) & mask,
  );
  const text =
    version === 4 ? groups.join(".") : canonicalAddress(groups.map((group) => group.toString(16)).join(":"))!;
  return `${text}/${length}`;
}
