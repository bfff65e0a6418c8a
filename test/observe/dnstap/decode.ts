/** A message of dnstap, read by the rules of Protocol Buffers alone: fields by number, last one wins. */
export interface DecodedTap {
  readonly identity: string;
  readonly version: string;
  readonly type: number;
  readonly fields: ReadonlyMap<number, number | Buffer>;
}

/** Reads the payload of one data frame. Throws when it is not what dnstap.proto says. */
export function decodeTap(payload: Buffer): DecodedTap {
  const outer = fieldsOf(payload);
  const message = outer.get(14);
  if (!Buffer.isBuffer(message)) throw new Error("no message");
  return {
    identity: String(outer.get(1)),
    version: String(outer.get(2)),
    type: Number(outer.get(15)),
    fields: fieldsOf(message),
  };
}

/** The payloads of data frames, which follow each other without anything between. */
export function payloadsOf(stream: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < stream.length;) {
    const length = stream.readUInt32BE(at);
    if (length === 0 || at + 4 + length > stream.length) throw new Error(`no data frame at ${at}`);
    payloads.push(stream.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return payloads;
}

function fieldsOf(bytes: Buffer): Map<number, number | Buffer> {
  const fields = new Map<number, number | Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    switch (tag & 7) {
      case 0:
        fields.set(tag >> 3, varint());
        break;
      case 2: {
        const length = varint();
        if (at + length > bytes.length) throw new Error("a field is cut short");
        fields.set(tag >> 3, bytes.subarray(at, at + length));
        at += length;
        break;
      }
      case 5:
        fields.set(tag >> 3, bytes.readUInt32LE(at));
        at += 4;
        break;
      default:
        throw new Error(`wire type ${tag & 7}`);
    }
  }
  return fields;
}
