import type { OptionCodec } from "./option.ts";

/** Padding (RFC 7830): bytes that mean nothing, zero when we send them, anything when we receive them. */
export const padding: OptionCodec<{ readonly bytes: Uint8Array }> = {
  code: 12,
  name: "PADDING",
  label: "PAD",
  decode: (data) => ({ bytes: data }),
  encode: ({ bytes }) => bytes,
  text: ({ bytes }) => (bytes.length === 0 ? "" : ` (${bytes.length} bytes)`),
  describe: ({ bytes }) => ({ length: bytes.length }),
};
