/** One option of an OPT record as it stands in the message (RFC 6891 section 6.1.2). Its bytes are never changed. */
export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** What one kind of option means: its bytes, its value, and how people read it. */
export interface OptionCodec<Value> {
  readonly code: number;
  /** The name in JSON and for `+ednsopt`, as in the IANA registry. */
  readonly name: string;
  /** The name in dig's OPT PSEUDOSECTION; null: dig 9.18 does not know the option and prints its bytes. */
  readonly label: string | null;
  /** Null when the bytes are no valid option of this kind: they are then shown as they are. */
  decode(data: Uint8Array): Value | null;
  /** Gives back every byte that `decode` took. */
  encode(value: Value): Uint8Array;
  /** What dig prints after the label and its colon; null: the bytes, as for an option that it does not know. */
  text(value: Value): string | null;
  /** The same for JSON. */
  describe(value: Value): Record<string, unknown>;
}

/** Lower-case hexadecimal, bytes not separated. */
export function hexadecimal(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}

/** The bytes as dig prints what it does not know: ` 67 70 ("gp")`, and nothing at all for no bytes. */
export function dumpBytes(data: Uint8Array): string {
  if (data.length === 0) return "";
  return `${hexPairs(data)}("${printable(data)}")`;
}

/** ` 67 70 `: each byte in hexadecimal, a blank before and after. */
export function hexPairs(data: Uint8Array): string {
  return ` ${Array.from(data, (byte) => `${byte.toString(16).padStart(2, "0")} `).join("")}`;
}

/** The bytes as ASCII, a dot for each that cannot be printed. */
export function printable(data: Uint8Array): string {
  return Array.from(data, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
}
