import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { ListenAddress } from "../config/config.ts";
import { HEADER_LENGTH, HeaderOffset, writeU16 } from "../dns/header.ts";
import { parseName } from "../dns/name.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import { randomId } from "../upstream/random-ids.ts";

/** How long a door may take for an answer that it has itself, in ms. */
const PATIENCE = 1500;

/** Where a door for all addresses is reached from its own host. */
const REACHED_AT: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/**
 * Asks each of our own doors for a name that is known here, and waits for any reply at all. No server out there has a part
 * in it: that one is down does not make this process any less alive. Null when all answer, else which one does not. `local`: whether
 * localhost is answered here; else the question is one that is refused at once.
 */
export async function silentDoor(doors: readonly ListenAddress[], local: boolean): Promise<string | null> {
  const answered = await Promise.all(doors.map((door) => ask(door, question(local))));
  const silent = doors.find((_, at) => !answered[at]);
  return silent === undefined ? null : `${silent.transport}://${silent.address} port ${silent.port}`;
}

function question(local: boolean): Uint8Array {
  const name = parseName("localhost.");
  const bytes = new Uint8Array(HEADER_LENGTH + name.length + 4);
  writeU16(bytes, HeaderOffset.ID, randomId());
  writeU16(bytes, HeaderOffset.FLAGS, local ? 0x0100 : 0);
  writeU16(bytes, HeaderOffset.QDCOUNT, 1);
  bytes.set(name, HEADER_LENGTH);
  writeU16(bytes, HEADER_LENGTH + name.length, RrType.A);
  writeU16(bytes, HEADER_LENGTH + name.length + 2, RrClass.IN);
  return bytes;
}

function ask({ transport, address, port }: ListenAddress, query: Uint8Array): Promise<boolean> {
  const host = REACHED_AT[address] ?? address;
  return transport === "udp" ? askUdp(host, port, query) : askTcp(host, port, query);
}

function askUdp(host: string, port: number, query: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on("error", () => {});
      socket.close();
      resolve(answered);
    };
    const timer = setTimeout(() => end(false), PATIENCE);
    socket.once("error", () => end(false));
    socket.on("message", (reply) => {
      if (reply[0] === query[0] && reply[1] === query[1]) end(true);
    });
    socket.send(query, port, host);
  });
}

function askTcp(host: string, port: number, query: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    const timer = setTimeout(() => end(false), PATIENCE);
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
    socket.once("data", () => end(true));
    const frame = Buffer.alloc(2 + query.length);
    writeU16(frame, 0, query.length);
    frame.set(query, 2);
    socket.end(frame);
  });
}
