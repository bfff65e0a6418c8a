import { endianness } from "node:os";
import { canonicalAddress } from "../../../config/ip-address.ts";
import type { HostFiles } from "./files.ts";

/** A socket that takes queries at a port. */
export interface HeldPort {
  readonly transport: "udp" | "tcp";
  readonly address: string;
  readonly owner: Owner | null;
}

/** The process that has a socket; null in `HeldPort` when we may not see it. */
interface Owner {
  readonly pid: number;
  readonly name: string;
  /** Its command line, word by word. */
  readonly command: readonly string[];
}

const tables = [
  ["udp", "/proc/net/udp"],
  ["udp", "/proc/net/udp6"],
  ["tcp", "/proc/net/tcp"],
  ["tcp", "/proc/net/tcp6"],
] as const;

/** The state of a listening TCP socket, and of a UDP socket that is bound and not connected (Linux, tcp_states.h). */
const waiting = { tcp: "0A", udp: "07" } as const;

/** Who holds a port, by Linux's /proc; null when there is no such table here. */
export function holdersOf(port: number, files: HostFiles): HeldPort[] | null {
  const texts = tables.map(([transport, path]) => [transport, files.text(path)] as const);
  if (texts.every(([, text]) => text === null)) return null;
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const sockets = texts.flatMap(([transport, text]) =>
    (text ?? "")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => local?.endsWith(wanted) === true && state === waiting[transport])
      .map((fields) => ({ transport, address: addressOf(fields[1]!), inode: fields[9]! })),
  );
  const owners = ownersOf(new Set(sockets.map(({ inode }) => inode)), files);
  return sockets.map(({ transport, address, inode }) => ({
    transport,
    address,
    owner: owners.get(inode) ?? null,
  }));
}

/** `0100007F:0035`: each 32-bit word in the order of this machine. */
function addressOf(field: string): string {
  const hex = field.slice(0, field.indexOf(":"));
  const bytes = Buffer.from(hex, "hex");
  if (endianness() === "LE") bytes.swap32();
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16));
  return canonicalAddress(groups.join(":")) ?? hex;
}

function ownersOf(inodes: ReadonlySet<string>, files: HostFiles): Map<string, Owner> {
  const found = new Map<string, Owner>();
  if (inodes.size === 0) return found;
  for (const pid of files.names("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of files.names(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(files.link(`/proc/${pid}/fd/${fd}`) ?? "")?.[1];
      if (inode === undefined || !inodes.has(inode) || found.has(inode)) continue;
      found.set(inode, {
        pid: Number(pid),
        name: (files.text(`/proc/${pid}/comm`) ?? "").trim(),
        command: (files.text(`/proc/${pid}/cmdline`) ?? "").split("\0").filter((word) => word !== ""),
      });
    }
  }
  return found;
}
