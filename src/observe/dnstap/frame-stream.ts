/** Types of control frames of Frame Streams. */
export const Control = { ACCEPT: 1, START: 2, STOP: 3, READY: 4, FINISH: 5 } as const;

/** What the frames hold, as both sides name it in their handshake. */
const CONTENT_TYPE: Buffer = Buffer.from("protobuf:dnstap.Dnstap");

/** The one field that control frames have. */
const FIELD_CONTENT_TYPE = 1;

/** A control frame is no longer, its lengths aside; what says so is broken or not what it seems to be. */
const MOST_CONTROL = 512;

/**
 * A control frame as it is written: a length of 0, which no data frame has, the length of what follows, the type, and for
 * READY, ACCEPT and START what the frames hold. All numbers are big-endian.
 */
export function controlFrame(type: number): Buffer {
  const names = type === Control.READY || type === Control.START || type === Control.ACCEPT;
  const field = names ? 8 + CONTENT_TYPE.length : 0;
  const frame = Buffer.alloc(12 + field);
  frame.writeUInt32BE(4 + field, 4);
  frame.writeUInt32BE(type, 8);
  if (names) {
    frame.writeUInt32BE(FIELD_CONTENT_TYPE, 12);
    frame.writeUInt32BE(CONTENT_TYPE.length, 16);
    CONTENT_TYPE.copy(frame, 20);
  }
  return frame;
}

/** What came from the other side: a control frame, or why its bytes cannot be one. */
export interface ControlMessage {
  readonly type: number;
  /** Whether it names what our frames hold among what it takes; one that names nothing takes all. */
  readonly takesDnstap: boolean;
}

/** Reads control frames from pieces of a stream. A receiver sends nothing else. */
export class ControlReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole now; null: what came is no control frame, and the stream is of no use. */
  push(bytes: Buffer): ControlMessage[] | null {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: ControlMessage[] = [];
    while (this.#rest.length >= 8) {
      const length = this.#rest.readUInt32BE(4);
      if (this.#rest.readUInt32BE(0) !== 0 || length < 4 || length > MOST_CONTROL) return null;
      if (this.#rest.length < 8 + length) break;
      const message = readControl(this.#rest.subarray(8, 8 + length));
      if (message === null) return null;
      messages.push(message);
      this.#rest = this.#rest.subarray(8 + length);
    }
    return messages;
  }
}

function readControl(bytes: Buffer): ControlMessage | null {
  const type = bytes.readUInt32BE(0);
  let named = false;
  let ours = false;
  for (let at = 4; at < bytes.length;) {
    if (at + 8 > bytes.length) return null;
    const field = bytes.readUInt32BE(at);
    const length = bytes.readUInt32BE(at + 4);
    at += 8;
    if (at + length > bytes.length) return null;
    if (field === FIELD_CONTENT_TYPE) {
      named = true;
      ours ||= bytes.subarray(at, at + length).equals(CONTENT_TYPE);
    }
    at += length;
  }
  return { type, takesDnstap: ours || !named };
}
