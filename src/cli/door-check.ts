import { DotlsError } from "../errors.ts";
import type { ListenAddress } from "../config/config.ts";
import { Flag } from "../dns/header.ts";
import { decodeMessage, messageRcode } from "../dns/message.ts";
import { replyFilter } from "./query/accept.ts";
import { buildQuery } from "./query/build-query.ts";
import { exchangeTcp, exchangeUdp } from "./query/exchange-plain.ts";
import { defaultSettings } from "./query/settings.ts";

/** What a door is asked. */
export interface DoorQuestion {
  readonly name: string;
  readonly type: number;
  /** Whether the server may ask others for it (RD): without, dotls answers at once by itself. */
  readonly recursion: boolean;
}

/** What a door answered, or why it did not. */
export type DoorAnswer =
  | { readonly rcode: number; readonly ms: number }
  | { readonly rcode: null; readonly reason: string };

/**
 * Where a door is reached from its own host: a wildcard is no address to send to, and that of IPv6 may mean both
 * families on a host that has one of them.
 */
const REACHED_AT: Readonly<Record<string, readonly string[]>> = {
  "0.0.0.0": ["127.0.0.1"],
  "::": ["::1", "127.0.0.1"],
};

/** Asks one door, and waits `timeout` ms at the most. Never rejects: that nobody answers is what is asked for. */
export async function askDoor(
  door: ListenAddress,
  question: DoorQuestion,
  timeout: number,
): Promise<DoorAnswer> {
  const addresses = REACHED_AT[door.address] ?? [door.address];
  const answers = await Promise.all(
    addresses.map((address) => askAddress({ ...door, address }, question, timeout)),
  );
  return answers.find(({ rcode }) => rcode !== null) ?? answers[0]!;
}

async function askAddress(
  { transport, address, port }: ListenAddress,
  { name, type, recursion }: DoorQuestion,
  timeout: number,
): Promise<DoorAnswer> {
  const lookup = { ...defaultSettings(), name, type, sendCookie: false };
  const flags = recursion ? lookup.flags : lookup.flags & ~Flag.RD;
  const { message, bytes } = buildQuery({ ...lookup, flags }, null);
  const exchange = transport === "udp" ? exchangeUdp : exchangeTcp;
  const accept = replyFilter(message, () => {});
  try {
    const request = { server: { address, port }, query: bytes, timeout, source: null, accept };
    const { reply, timing } = await exchange(request);
    const ms = (timing.connect ?? 0) + timing.query;
    return { rcode: messageRcode(decodeMessage(reply)), ms };
  } catch (error) {
    // WireError is one of them: who answers what cannot be read is no server.
    if (error instanceof DotlsError) return { rcode: null, reason: error.message };
    throw error;
  }
}
