import { PresentationError, WireError } from "../text-errors.ts";
import { ipv4, ipv6 } from "./address-fields.ts";
import { base64Rest } from "./binary-fields.ts";
import { joinText } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { u8 } from "./number-fields.ts";

interface Ipseckey {
  precedence: number;
  /** 0 none, 1 an IPv4 address, 2 an IPv6 address, 3 a name. */
  gatewayType: number;
  algorithm: number;
  /** `.` when there is none. */
  gateway: string;
  /** In base64; empty when there is none. */
  publicKey: string;
}

/** No gateway takes no bytes, and text has a dot for it. */
const noGateway: Codec<string> = {
  read: () => ".",
  write: () => undefined,
  format: (value) => value,
  parse: (text) =>
    text.word("a gateway", (word) => {
      if (word !== ".") throw new PresentationError("a gateway of type 0 is written as a dot");
      return word;
    }),
};

const gateways: readonly Codec<string>[] = [noGateway, ipv4, ipv6, name];

function gatewayOf(type: number): Codec<string> {
  const gateway = gateways[type];
  if (gateway === undefined) throw new WireError(`gateway type ${type} is unknown`);
  return gateway;
}

/**
 * IPSECKEY (RFC 4025 section 2.1): precedence, gateway type and algorithm in one byte each; a gateway as its type
 * says, a name in it never compressed; then the public key, which may be missing.
 */
export const ipseckey: Codec<Ipseckey> = {
  read: (reader) => {
    const [precedence, gatewayType, algorithm] = [reader.u8(), reader.u8(), reader.u8()];
    const gateway = gatewayOf(gatewayType).read(reader);
    const publicKey = reader.remaining > 0 ? base64Rest.read(reader) : "";
    return { precedence, gatewayType, algorithm, gateway, publicKey };
  },
  write: (writer, { precedence, gatewayType, algorithm, gateway, publicKey }) => {
    writer.u8(precedence);
    writer.u8(gatewayType);
    writer.u8(algorithm);
    gatewayOf(gatewayType).write(writer, gateway);
    base64Rest.write(writer, publicKey);
  },
  format: ({ precedence, gatewayType, algorithm, gateway, publicKey }) =>
    joinText([`${precedence} ${gatewayType} ${algorithm} ${gateway}`, base64Rest.format(publicKey)]),
  parse: (text) => {
    const precedence = u8.parse(text);
    const gatewayToken = text.peek();
    const gatewayType = u8.parse(text);
    if (gatewayType >= gateways.length) {
      throw new PresentationError(`gateway type ${gatewayType} has no text form`, gatewayToken);
    }
    const algorithm = u8.parse(text);
    const gateway = gatewayOf(gatewayType).parse(text);
    const publicKey = text.done ? "" : base64Rest.parse(text);
    return { precedence, gatewayType, algorithm, gateway, publicKey };
  },
};
