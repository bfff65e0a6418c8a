import { readFileSync, readlinkSync } from "node:fs";
import { endianness } from "node:os";
import type { ListenAddress } from "../../config/config.ts";
import { canonicalAddress } from "../../config/ip-address.ts";
import { DotlsError } from "../../errors.ts";
import type { PassedSocket } from "../../listen/passed-socket.ts";
import { listenUrl } from "../../listen/listen-error.ts";
import { isWildcard } from "../../listen/local-addresses.ts";

/** The number of the first file that systemd passes. */
const FIRST = 3;

/** `TCP_LISTEN` in the tables of /proc/net. */
const LISTENING = "0A";

/**
 * The sockets that systemd opened for us (sd_listen_fds(3)); none where it did not. Takes the variables that say so away from
 * `env`: they are not for our children. Throws DotlsError (ERR_DOTLS_LISTEN) for one on which no DNS can be served.
 */
export function passedSockets(env: NodeJS.ProcessEnv = process.env): PassedSocket[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names } = env;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete env[name];
  if (pid !== String(process.pid) || !/^[1-9]\d{0,3}$/.test(count ?? "")) return [];
  const known = (names ?? "").split(":");
  return Array.from({ length: Number(count) }, (_, at) => {
    const fd = FIRST + at;
    const name = known[at] ?? "";
    return socketAt(fd, name === "" || name === "unknown" ? `number ${fd}` : `number ${fd}, ${name}`);
  });
}

/**
 * Whether every socket of systemd stands in `listen`: one that did not would hold a port at which nobody answers, and what
 * stands there in its place would not be what systemd holds. Throws DotlsError (ERR_DOTLS_LISTEN).
 */
export function checkPassed(passed: readonly PassedSocket[], listen: readonly ListenAddress[]): void {
  for (const { transport, address, port } of passed) {
    const isNamed = listen.some(
      (one) => one.transport === transport && one.address === address && one.port === port,
    );
    if (isNamed) continue;
    const url = listenUrl(transport, address, port);
    throw unfit(
      `systemd passed ${url}, which listen does not name: add it there, or take it out of the socket unit`,
    );
  }
}

function socketAt(fd: number, shown: string): PassedSocket {
  const inode = /^socket:\[(\d+)\]$/.exec(linkOf(fd))?.[1];
  if (inode !== undefined) {
    for (const transport of ["udp", "tcp"] as const) {
      for (const family of ["", "6"]) {
        const row = rowOf(`/proc/self/net/${transport}${family}`, inode);
        if (row === null) continue;
        const { address, port, state } = row;
        if (transport === "tcp" && state !== LISTENING) {
          throw unfit(`systemd passed a connection (${shown}): the socket unit must have Accept=no`);
        }
        if (transport === "udp" && isWildcard(address)) {
          const why = "replies could leave from another address than was asked";
          const what = `a UDP socket for every address (${shown})`;
          throw unfit(`systemd passed ${what}: ${why}; name each address in ListenDatagram=`);
        }
        return { fd, transport, address, port };
      }
    }
  }
  throw unfit(`systemd passed something that is no socket of UDP or TCP (${shown})`);
}

function linkOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

/** Where the socket with this inode is bound, as the kernel's table has it; null when it is not in there. */
function rowOf(table: string, inode: string): { address: string; port: number; state: string } | null {
  let text: string;
  try {
    text = readFileSync(table, "latin1");
  } catch {
    return null;
  }
  for (const line of text.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[9] !== inode) continue;
    const [host = "", port = ""] = columns[1]!.split(":");
    return { address: addressOf(host), port: parseInt(port, 16), state: columns[3]! };
  }
  return null;
}

/** The table has words of 32 bits, as this machine keeps them. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  if (endianness() === "LE") bytes.swap32();
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  const text = groups.join(":");
  return canonicalAddress(text) ?? text;
}

function unfit(message: string): DotlsError {
  return new DotlsError("ERR_DOTLS_LISTEN", message);
}
