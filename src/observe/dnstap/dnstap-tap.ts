import { HEADER_LENGTH, HeaderOffset, writeU16 } from "../../dns/header.ts";
import { groupsOf, type HistoryPrivacy } from "../history-privacy.ts";
import { type Outcome, Transport } from "../outcome.ts";
import { type Tap, type TapServer, Wire } from "../tap.ts";
import type { DnstapStream } from "./dnstap-stream.ts";
import { MessageType, type TapMessage } from "./message.ts";

/** Type and class behind the name of a question. */
const QUESTION_TAIL = 4;

/** How long one reading of the wall clock serves, in ms. */
const CLOCK_TRUST = 1000;

/** Addresses of which the bytes are remembered. */
const MOST_ADDRESSES = 4096;

const NO_BYTES = new Uint8Array(0);

/** Which messages are sent. */
export interface TapChoice {
  readonly client: boolean;
  readonly forwarder: boolean;
}

/** Gives the messages of one thread to a stream, as far as privacy allows. */
export class DnstapTap implements Tap {
  readonly #stream: Pick<DnstapStream, "push">;
  readonly #choice: TapChoice;
  readonly #privacy: HistoryPrivacy;
  readonly #addresses = new Map<string, Uint8Array | null>();
  /** A query without its EDNS. */
  readonly #bare = new Uint8Array(HEADER_LENGTH + 255 + QUESTION_TAIL);
  readonly #message: TapMessage = {
    type: 0,
    wire: 0,
    queryAddress: null,
    responseAddress: null,
    queryPort: 0,
    responsePort: 0,
    queryTime: 0,
    responseTime: 0,
    bytes: NO_BYTES,
    start: 0,
    end: 0,
  };
  /** With the id that a question has on the wire. */
  #copy: Uint8Array = NO_BYTES;
  #wallOffset = 0;
  #wallReadAt = -Infinity;

  constructor(stream: Pick<DnstapStream, "push">, choice: TapChoice, privacy: HistoryPrivacy) {
    this.#stream = stream;
    this.#choice = choice;
    this.#privacy = privacy;
  }

  clientQuery(query: Outcome): void {
    if (!this.#choice.client || !this.#privacy.keeps(query)) return;
    const message = this.#client(MessageType.CLIENT_QUERY, query);
    message.responseTime = 0;
    if (this.#privacy.privacy === "full") this.#push(query.bytes, 0, query.querySize);
    // Its EDNS may name the client: its subnet, a cookie, an address of its hardware.
    else if (query.nameLength > 0) this.#push(this.#bare, 0, this.#cut(query));
  }

  clientResponse(query: Outcome, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#choice.client || !this.#privacy.keeps(query)) return;
    const message = this.#client(MessageType.CLIENT_RESPONSE, query);
    message.responseTime = this.#wall(performance.now());
    this.#push(bytes, start, end);
  }

  forwarderQuery(
    query: Outcome,
    server: TapServer,
    wire: number,
    id: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (!this.#choice.forwarder || !this.#privacy.keeps(query)) return;
    const message = this.#forwarder(MessageType.FORWARDER_QUERY, server, wire);
    message.queryTime = this.#wall(performance.now());
    message.responseTime = 0;
    const length = end - start;
    if (this.#copy.length < length) this.#copy = new Uint8Array(Math.max(1024, length));
    for (let i = 0; i < length; i++) this.#copy[i] = bytes[start + i]!;
    writeU16(this.#copy, 0, id);
    this.#push(this.#copy, 0, length);
  }

  forwarderResponse(
    query: Outcome,
    server: TapServer,
    wire: number,
    sentAt: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (!this.#choice.forwarder || !this.#privacy.keeps(query)) return;
    const message = this.#forwarder(MessageType.FORWARDER_RESPONSE, server, wire);
    message.queryTime = this.#wall(sentAt);
    message.responseTime = this.#wall(performance.now());
    this.#push(bytes, start, end);
  }

  #client(type: number, query: Outcome): TapMessage {
    const message = this.#message;
    const kept = this.#privacy.client(query.clientAddress);
    message.type = type;
    message.wire = query.transport === Transport.TCP ? Wire.TCP : Wire.UDP;
    message.queryAddress = kept === "" ? null : this.#address(kept);
    message.queryPort = this.#privacy.keepsPorts ? query.clientPort : 0;
    message.responseAddress = null;
    message.responsePort = 0;
    message.queryTime = this.#wall(query.receivedAt);
    return message;
  }

  #forwarder(type: number, server: TapServer, wire: number): TapMessage {
    const message = this.#message;
    message.type = type;
    message.wire = wire;
    message.queryAddress = null;
    message.queryPort = 0;
    message.responseAddress = this.#address(server.address);
    message.responsePort = server.port;
    return message;
  }

  #push(bytes: Uint8Array, start: number, end: number): void {
    const message = this.#message;
    message.bytes = bytes;
    message.start = start;
    message.end = end;
    this.#stream.push(message);
    message.bytes = NO_BYTES;
  }

  /** Header and question of the query, and nothing else. Gives the length. */
  #cut({ bytes, nameLength }: Outcome): number {
    const length = HEADER_LENGTH + nameLength + QUESTION_TAIL;
    for (let i = 0; i < length; i++) this.#bare[i] = bytes[i]!;
    writeU16(this.#bare, HeaderOffset.ANCOUNT, 0);
    writeU16(this.#bare, HeaderOffset.NSCOUNT, 0);
    writeU16(this.#bare, HeaderOffset.ARCOUNT, 0);
    return length;
  }

  /** The bytes of an address, or of a network as privacy has it; null for a name, of which no address is known yet. */
  #address(text: string): Uint8Array | null {
    const known = this.#addresses.get(text);
    if (known !== undefined) return known;
    if (this.#addresses.size >= MOST_ADDRESSES) this.#addresses.clear();
    const bytes = addressBytes(text);
    this.#addresses.set(text, bytes);
    return bytes;
  }

  /** A time of the monotonic clock as one of the wall clock; that is read once a second. */
  #wall(monotonic: number): number {
    if (Math.abs(monotonic - this.#wallReadAt) >= CLOCK_TRUST) {
      const now = performance.now();
      this.#wallOffset = Date.now() - now;
      this.#wallReadAt = now;
    }
    return monotonic + this.#wallOffset;
  }
}

function addressBytes(text: string): Uint8Array | null {
  const [address = ""] = text.split("/");
  if (address.includes(":")) {
    return Uint8Array.from(groupsOf(address).flatMap((group) => [group >>> 8, group & 255]));
  }
  return /^\d+\.\d+\.\d+\.\d+$/.test(address) ? Uint8Array.from(address.split(".").map(Number)) : null;
}
