/** Types of messages in dnstap.proto. */
export const MessageType = {
  CLIENT_QUERY: 5,
  CLIENT_RESPONSE: 6,
  FORWARDER_QUERY: 7,
  FORWARDER_RESPONSE: 8,
} as const;

/** Field numbers of dnstap.proto with their wire types (0 varint, 2 bytes, 5 four bytes) below, as they are written. */
const Tag = {
  // Dnstap
  IDENTITY: (1 << 3) | 2,
  VERSION: (2 << 3) | 2,
  MESSAGE: (14 << 3) | 2,
  TYPE: 15 << 3,
  // Message
  MESSAGE_TYPE: 1 << 3,
  SOCKET_FAMILY: 2 << 3,
  SOCKET_PROTOCOL: 3 << 3,
  QUERY_ADDRESS: (4 << 3) | 2,
  RESPONSE_ADDRESS: (5 << 3) | 2,
  QUERY_PORT: 6 << 3,
  RESPONSE_PORT: 7 << 3,
  QUERY_TIME_SEC: 8 << 3,
  QUERY_TIME_NSEC: (9 << 3) | 5,
  QUERY_MESSAGE: (10 << 3) | 2,
  RESPONSE_TIME_SEC: 12 << 3,
  RESPONSE_TIME_NSEC: (13 << 3) | 5,
  RESPONSE_MESSAGE: (14 << 3) | 2,
} as const;

/** `Dnstap.type`: MESSAGE, the only one there is. */
const TYPE_MESSAGE = 1;

const INET = 1;
const INET6 = 2;

/** The length of the frame, four bytes, is in front of all. */
const FRAME_HEADER = 4;

/** Everything but the DNS message, identity and version, at the most. */
const OVERHEAD = 160;

/** One message of dnstap, before it is written; one object is filled anew for each. */
export interface TapMessage {
  type: number;
  /** One of `Wire`. */
  wire: number;
  /** 4 or 16 bytes; null: not said. */
  queryAddress: Uint8Array | null;
  responseAddress: Uint8Array | null;
  /** 0: not said. */
  queryPort: number;
  responsePort: number;
  /** Milliseconds since the Unix epoch; 0: not said. */
  queryTime: number;
  responseTime: number;
  /** The DNS message: bytes[start..end). */
  bytes: Uint8Array;
  start: number;
  end: number;
}

/**
 * Writes messages as data frames of Frame Streams, each a `Dnstap` of dnstap.proto in the encoding of Protocol Buffers: tags
 * and lengths as varints. Only the fields that are known are written.
 */
export class MessageWriter {
  /** Identity and version, which all messages begin with. */
  readonly #head: Buffer;
  #at = 0;

  constructor(identity: string, version: string) {
    const parts = [
      [Tag.IDENTITY, identity],
      [Tag.VERSION, version],
    ] as const;
    this.#head = Buffer.concat(
      parts.map(([tag, text]) => {
        const bytes = Buffer.from(text);
        const field = Buffer.alloc(1 + 5 + bytes.length);
        field[0] = tag;
        this.#at = 1;
        this.#varint(field, bytes.length);
        bytes.copy(field, this.#at);
        return field.subarray(0, this.#at + bytes.length);
      }),
    );
  }

  /** So many bytes suffice for this message. */
  room({ start, end }: TapMessage): number {
    return FRAME_HEADER + this.#head.length + OVERHEAD + (end - start);
  }

  /** Writes the frame at `at`. Gives where it ends. */
  write(out: Buffer, at: number, message: TapMessage): number {
    this.#at = at + FRAME_HEADER;
    this.#head.copy(out, this.#at);
    this.#at += this.#head.length;
    this.#byte(out, Tag.TYPE);
    this.#byte(out, TYPE_MESSAGE);
    this.#byte(out, Tag.MESSAGE);
    // Its length is known when it is written; three bytes hold every length that comes here (below 2^21).
    const lengthAt = this.#at;
    this.#at += 3;
    const from = this.#at;
    this.#message(out, message);
    const length = this.#at - from;
    out[lengthAt] = (length & 0x7f) | 0x80;
    out[lengthAt + 1] = ((length >>> 7) & 0x7f) | 0x80;
    out[lengthAt + 2] = length >>> 14;
    out.writeUInt32BE(this.#at - at - FRAME_HEADER, at);
    return this.#at;
  }

  #message(out: Buffer, message: TapMessage): void {
    const { queryAddress, responseAddress, queryPort, responsePort, queryTime, responseTime } = message;
    this.#number(out, Tag.MESSAGE_TYPE, message.type);
    const address = queryAddress ?? responseAddress;
    if (address !== null) this.#number(out, Tag.SOCKET_FAMILY, address.length === 4 ? INET : INET6);
    this.#number(out, Tag.SOCKET_PROTOCOL, message.wire);
    if (queryAddress !== null) this.#bytes(out, Tag.QUERY_ADDRESS, queryAddress, 0, queryAddress.length);
    if (responseAddress !== null) {
      this.#bytes(out, Tag.RESPONSE_ADDRESS, responseAddress, 0, responseAddress.length);
    }
    if (queryPort > 0) this.#number(out, Tag.QUERY_PORT, queryPort);
    if (responsePort > 0) this.#number(out, Tag.RESPONSE_PORT, responsePort);
    if (queryTime > 0) this.#time(out, Tag.QUERY_TIME_SEC, Tag.QUERY_TIME_NSEC, queryTime);
    const { type, bytes, start, end } = message;
    const isQuery = type === MessageType.CLIENT_QUERY || type === MessageType.FORWARDER_QUERY;
    if (isQuery) this.#bytes(out, Tag.QUERY_MESSAGE, bytes, start, end);
    if (responseTime > 0) this.#time(out, Tag.RESPONSE_TIME_SEC, Tag.RESPONSE_TIME_NSEC, responseTime);
    if (!isQuery) this.#bytes(out, Tag.RESPONSE_MESSAGE, bytes, start, end);
  }

  /** Seconds as a varint, nanoseconds as four bytes, little-endian as all fixed numbers of Protocol Buffers. */
  #time(out: Buffer, secondsTag: number, nanosecondsTag: number, ms: number): void {
    const seconds = Math.floor(ms / 1000);
    this.#number(out, secondsTag, seconds);
    this.#byte(out, nanosecondsTag);
    const microseconds = Math.min(999_999, Math.round((ms - seconds * 1000) * 1000));
    this.#at = out.writeUInt32LE(microseconds * 1000, this.#at);
  }

  #bytes(out: Buffer, tag: number, bytes: Uint8Array, start: number, end: number): void {
    this.#number(out, tag, end - start);
    // A loop: most are short, and a view of the part would be an object for each.
    let at = this.#at;
    for (let i = start; i < end; i++) out[at++] = bytes[i]!;
    this.#at = at;
  }

  #number(out: Buffer, tag: number, value: number): void {
    this.#byte(out, tag);
    this.#varint(out, value);
  }

  /** Seven bits a byte, the lowest first. Of whole numbers up to 2^53: seconds pass 2^31. */
  #varint(out: Buffer, value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      out[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    out[this.#at++] = rest;
  }

  #byte(out: Buffer, value: number): void {
    out[this.#at++] = value;
  }
}
