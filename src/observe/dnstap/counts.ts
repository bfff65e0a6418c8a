/** Where each number of a thread's dnstap stands, in a `Float64Array` that others read. */
export const DnstapCount = {
  /** Messages that were handed to the system for the reader. */
  SENT: 0,
  /** Messages that the reader never gets: there was no room for them, or it went away. */
  DROPPED: 1,
  /** 1 while there is a reader. */
  CONNECTED: 2,
} as const;

/** How many numbers there are. */
export const DNSTAP_COUNTS: number = Object.keys(DnstapCount).length;
