import { parseName } from "../../src/dns/name.ts";
import type { Outcome } from "../../src/observe/outcome.ts";
import { Source, Transport } from "../../src/observe/outcome.ts";

/** An outcome as the packet path hands it over: an A query for `name` that an upstream answered, unless told otherwise. */
export function outcomeOf(name: string | null, changes: Partial<Outcome> = {}): Outcome {
  const wire = name === null ? new Uint8Array(0) : parseName(name);
  const bytes = new Uint8Array(12 + wire.length + 4);
  bytes.set(wire, 12);
  return {
    receivedAt: 0,
    duration: 12.5,
    transport: Transport.UDP,
    clientAddress: "127.0.0.1",
    clientPort: 40_000,
    bytes,
    nameLength: wire.length,
    type: 1,
    class: 1,
    querySize: bytes.length,
    hasEdns: true,
    udpSize: 1232,
    dnssecOk: false,
    rcode: 0,
    replySize: 60,
    replyFlags: 0x8180,
    source: Source.UPSTREAM,
    server: "tls://192.0.2.1#dns.example",
    clear: false,
    error: null,
    waitUs: 40,
    connectUs: 0,
    tlsUs: 0,
    sendUs: 5,
    answerUs: 8000,
    ...changes,
  };
}
