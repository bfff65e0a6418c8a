import { readU16, writeU16 } from "../header.ts";
import { formatIpv4, formatIpv6 } from "../ip.ts";
import type { OptionCodec } from "./option.ts";

/** Which part of the client's address a resolver tells to an authority (RFC 7871 section 6). */
export interface ClientSubnet {
  /** 1 for IPv4, 2 for IPv6; 0 only with no address at all. */
  readonly family: number;
  readonly sourceLength: number;
  readonly scopeLength: number;
  /** As many bytes as the source length needs. */
  readonly address: Uint8Array;
}

/** The longest prefix of each address family. */
const familyBits: readonly number[] = [0, 32, 128];

/** Client subnet (RFC 7871). */
export const clientSubnet: OptionCodec<ClientSubnet> = {
  code: 8,
  name: "ECS",
  label: "CLIENT-SUBNET",
  decode(data) {
    if (data.length < 4) return null;
    const family = readU16(data, 0);
    const sourceLength = data[2]!;
    const scopeLength = data[3]!;
    const bits = familyBits[family];
    if (bits === undefined || sourceLength > bits || scopeLength > bits) return null;
    if (data.length !== 4 + Math.ceil(sourceLength / 8)) return null;
    return { family, sourceLength, scopeLength, address: data.subarray(4) };
  },
  encode({ family, sourceLength, scopeLength, address }) {
    const data = new Uint8Array(4 + address.length);
    writeU16(data, 0, family);
    data[2] = sourceLength;
    data[3] = scopeLength;
    data.set(address, 4);
    return data;
  },
  text: (value) => ` ${addressText(value)}/${value.sourceLength}/${value.scopeLength}`,
  describe: (value) => ({
    address: addressText(value),
    sourceLength: value.sourceLength,
    scopeLength: value.scopeLength,
  }),
};

function addressText({ family, address }: ClientSubnet): string {
  if (family === 0) return "0";
  const whole = new Uint8Array(family === 1 ? 4 : 16);
  whole.set(address);
  return family === 1 ? formatIpv4(whole) : formatIpv6(whole);
}
