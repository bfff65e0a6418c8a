import { connect } from "node:net";
import { once } from "node:events";
import { type DecodedMessage, decodeMessage } from "../../src/dns/message.ts";
import { makeQuery } from "./dot-client.ts";

/** Asks one question over TCP, with EDNS; `url` is `tcp://127.0.0.1:PORT`. */
export async function askTcp(url: string, name: string, type = 1): Promise<DecodedMessage> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  await once(socket, "connect");
  const query = makeQuery(name, { type, options: [] });
  socket.write(Buffer.concat([Buffer.of(query.length >>> 8, query.length), query]));
  let received = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk]);
    if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) break;
  }
  return decodeMessage(received.subarray(2));
}
