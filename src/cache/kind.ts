/** What an entry of the cache says. Small integers, as they stand in its bytes and in its file: never renumber. */
export const Kind = {
  /** There are records of the type that was asked for. */
  POSITIVE: 0,
  /** The name has no records of that type (RFC 2308 section 2.2). */
  NODATA: 1,
  /** There is no such name, whatever the type (RFC 2308 section 2.1). */
  NXDOMAIN: 2,
  /** Nobody could say: the question failed (RFC 9520). */
  FAILURE: 3,
} as const;
