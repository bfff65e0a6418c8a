import type { ReplyRoom } from "../../src/dns/reply-writer.ts";

/** Rooms for replies that a test looks at. */
export class OwnRoom implements ReplyRoom {
  readonly roomAt: number;
  #room: Buffer = Buffer.alloc(0);

  constructor(roomAt: number = 0) {
    this.roomAt = roomAt;
  }

  room(length: number): Buffer {
    // As a door would: there may be more room than was asked for, and old bytes in it.
    this.#room = Buffer.alloc(this.roomAt + length + 8, 0xee);
    return this.#room;
  }

  /** What was written, when it has `length` bytes; nothing before or behind it may have changed. */
  written(length: number): Buffer {
    const end = this.roomAt + length;
    for (const [at, byte] of this.#room.entries()) {
      if (byte !== 0xee && (at < this.roomAt || at >= end)) throw new Error(`byte ${at} was written`);
    }
    return this.#room.subarray(this.roomAt, end);
  }
}

/** What `write` writes to a room. */
export function inRoom(write: (room: ReplyRoom) => number, roomAt: number = 0): Buffer {
  const room = new OwnRoom(roomAt);
  return room.written(write(room));
}
