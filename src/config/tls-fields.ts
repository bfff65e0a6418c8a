import { z } from "zod";
import type { CaSource, TlsVersion, Verify } from "./config.ts";
import { onOrOff, parseCa, parsed, parsePath, possibleList, text } from "./fields.ts";
import { parseCiphers, parseGroups, parseProtocolName } from "./tls-names.ts";

/*
 * How each option of TLS is read, whether it stands in the section `tls` or in one upstream.
 */

const path: z.ZodType<string | null> = text("the path of a file, or none")
  .transform(parsed(parsePath))
  .nullable();

const version: z.ZodType<TlsVersion> = z.literal(["TLSv1.2", "TLSv1.3"], {
  error: () => "wants TLSv1.2 or TLSv1.3; RFC 8996 forbids anything older",
});

interface TlsFields {
  verify: z.ZodType<Verify>;
  ca: z.ZodType<CaSource>;
  cert: z.ZodType<string | null>;
  key: z.ZodType<string | null>;
  minVersion: z.ZodType<TlsVersion>;
  maxVersion: z.ZodType<TlsVersion>;
  ciphers: z.ZodType<string | null>;
  groups: z.ZodType<string | null>;
  alpn: z.ZodType<string[]>;
  sni: z.ZodType<boolean>;
  keyLog: z.ZodType<string | null>;
}

export const tlsFields: TlsFields = {
  verify: z.literal(["strict", "pin", "opportunistic", "none"], {
    error: () => "wants strict, pin, opportunistic or none",
  }),
  ca: text("system, bundled, or the path of a PEM file or of a folder of them").transform(parsed(parseCa)),
  cert: path,
  key: path,
  minVersion: version,
  maxVersion: version,
  ciphers: text("cipher suites joined by colons, or default").transform(parsed(parseCiphers)).nullable(),
  groups: text("groups joined by colons, or default").transform(parsed(parseGroups)).nullable(),
  alpn: possibleList(text("the name of a protocol").transform(parsed(parseProtocolName)), "protocols"),
  sni: onOrOff,
  keyLog: path,
};

/** The keys of `tlsFields`. */
export const TLS_KEYS: readonly (keyof TlsFields)[] = tlsKeys(tlsFields);

function tlsKeys<Fields extends object>(fields: Fields): (keyof Fields)[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object literal has the keys of its type and no others
  return Object.keys(fields) as (keyof Fields)[];
}
