import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { seconds, u32 } from "./number-fields.ts";

interface Soa {
  /** The primary server. */
  mname: string;
  /** A mailbox, its `@` written as the first dot. */
  rname: string;
  serial: number;
  refresh: number;
  retry: number;
  expire: number;
  /** How long a negative answer may be kept, at the most (RFC 2308 section 4). */
  minimum: number;
}

/** SOA (RFC 1035 section 3.3.13): two names, which may be compressed, and five 32-bit numbers. */
export const soa: Codec<Soa> = record({
  mname: name,
  rname: name,
  serial: u32,
  refresh: seconds,
  retry: seconds,
  expire: seconds,
  minimum: seconds,
});
