import { PresentationError, WireError, placed } from "../text-errors.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { u16 } from "./number-fields.ts";
import type { RdataText } from "./rdata-text.ts";
import { svcKeyCode, svcKeyName, svcParamKind } from "./svcb-params.ts";
import type { SvcParamValue } from "./svcb-params.ts";

interface Svcb {
  /** 0 makes the record an alias (RFC 9460 section 2.4.2). */
  priority: number;
  /** `.` is the owner itself, or no service at all in an alias. */
  target: string;
  /** By name, in the order of the keys. Strings are escaped as between quotes in a master file. */
  params: Record<string, SvcParamValue>;
}

/**
 * SVCB (RFC 9460 section 2.2): 16-bit priority, target name, never compressed, then parameters in strictly rising
 * order of their 16-bit keys, each with a 16-bit length.
 */
export const svcb: Codec<Svcb> = {
  read: (reader) => {
    const priority = reader.u16();
    const target = name.read(reader);
    const params: Record<string, SvcParamValue> = {};
    let last = -1;
    while (reader.remaining > 0) {
      const key = reader.u16();
      if (key <= last) throw new WireError("service parameters are out of order");
      last = key;
      params[svcKeyName(key)] = svcParamKind(key).read(reader.take(reader.u16()));
    }
    const missing = missingKey(params);
    if (missing !== undefined) throw new WireError(`${missing} is mandatory and not there`);
    return { priority, target, params };
  },
  write: (writer, { priority, target, params }) => {
    writer.u16(priority);
    name.write(writer, target);
    for (const [key, value] of keyed(params)) {
      const bytes = svcParamKind(key).write(value);
      // The length of what is longer than RDATA can be does not matter: writing the bytes refuses them.
      writer.u16(key);
      writer.u16(bytes.length);
      writer.bytes(bytes);
    }
  },
  format: ({ priority, target, params }) =>
    [
      `${priority} ${target}`,
      ...keyed(params).map(([key, value]) => {
        const text = svcParamKind(key).format(value);
        return text === "" ? svcKeyName(key) : `${svcKeyName(key)}=${text}`;
      }),
    ].join(" "),
  parse: (text) => {
    const first = text.peek();
    const priority = u16.parse(text);
    const target = name.parse(text);
    const values = new Map<number, SvcParamValue>();
    while (!text.done) parseParam(text, values);
    const sorted = [...values].sort(([a], [b]) => a - b).map(([key, value]) => [svcKeyName(key), value]);
    const params: Record<string, SvcParamValue> = Object.fromEntries(sorted);
    const missing = missingKey(params);
    if (missing !== undefined) throw new PresentationError(`${missing} is mandatory and not there`, first);
    return { priority, target, params };
  },
};

/** RFC 9460 section 8: a record whose mandatory keys are not all there is malformed. */
function missingKey(params: Record<string, SvcParamValue>): string | undefined {
  const { mandatory } = params;
  return Array.isArray(mandatory) ? mandatory.find((key) => !(key in params)) : undefined;
}

function keyed(params: Record<string, SvcParamValue>): [key: number, value: SvcParamValue][] {
  return Object.entries(params).map(([name, value]) => [svcKeyCode(name), value]);
}

/** `key`, `key=value` or `key="value"`, which the tokenizer gives as two tokens that are joined. */
function parseParam(text: RdataText, values: Map<number, SvcParamValue>): void {
  const token = text.next("a service parameter");
  const [, keyText = "", equals, word = ""] = /^([^=]*)(=?)(.*)$/s.exec(token.text) ?? [];
  const following = text.peek();
  const quoted = equals === "=" && word === "" && following?.quoted === true && following.joined;
  const value = quoted ? text.next("a value").text : word;
  placed(token, () => {
    if (token.quoted) throw new PresentationError("a service parameter may not be quoted as a whole");
    const key = svcKeyCode(keyText);
    if (values.has(key)) throw new PresentationError(`${svcKeyName(key)} is there twice`);
    values.set(key, svcParamKind(key).parse(value));
  });
}
