import type { ReplyWay } from "../dns/reply-writer.ts";

/** One of `Transport` in observe/outcome.ts. */
export const UDP = 0;

/** What datagrams can carry. */
export const UDP_WAY: ReplyWay = { datagrams: true, keepalive: 0 };

/** What the kernel may hold for us while we work, in bytes; it grants at most net.core.rmem_max. */
export const RECEIVE_BUFFER: number = 4 * 1024 * 1024;

/**
 * Bytes of a datagram that are looked at. A query has one question and some options: it needs a tenth of this, and what is cut is
 * malformed.
 */
export const MAX_QUERY = 4096;

/** An open way for datagrams: one socket or several. */
export interface DatagramPort {
  readonly port: number;
  /** Replies that the kernel did not take, as far as it is known. */
  readonly refused: number;
  /** Whether another socket may be opened on the same address and port; not there where none can. */
  share?(shared: boolean): void;
  /** Takes no more queries; answers still leave. */
  deafen(): void;
  /** Closes it; answers that come later are thrown away. */
  close(): Promise<void>;
}
