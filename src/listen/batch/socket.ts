import { closeSync, openSync } from "node:fs";
import { isIPv6 } from "node:net";
import { ListenError, listenUrl } from "../listen-error.ts";
import { type Libc, nameOf } from "./libc.ts";
import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_ATTACH_FILTER,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SockFilter,
  SockFprog,
  SockaddrIn,
  SockaddrIn6,
  SOL_SOCKET,
  SOL_UDP,
  UDP_SEGMENT,
} from "./layout.ts";

/**
 * Whether others may listen on the same address and port, for sockets of several threads or processes: `first` is there
 * before the others, and finds out whether another program has the port; `join` comes to it, or is the first itself. The
 * kernel lets in only those of one user.
 */
export type Sharing = "alone" | "first" | "join";

export interface SocketOptions {
  readonly transport: "udp" | "tcp";
  /** An IP address, a scope kept (`fe80::1%eth0`). */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** An IPv6 socket takes IPv6 alone. */
  readonly ipv6Only: boolean;
  readonly sharing: Sharing;
  /** What the kernel may hold for us while we work, in bytes; it grants at most net.core.rmem_max. 0: as it likes. */
  readonly receiveBuffer: number;
  /** The kernel is to say, with each datagram, which of our addresses it was sent to. */
  readonly destinations?: boolean;
}

/** A socket that is bound. */
export interface BoundSocket {
  readonly fd: number;
  readonly family: number;
  readonly port: number;
}

const NOT_SHARED =
  "who listens there does not share it: another program, or a dotls of another user or without shareListeners";

/** Opens a socket, sets what Node has no option for, and binds it. Throws ListenError (ERR_DOTLS_LISTEN). */
export function openSocket(libc: Libc, options: SocketOptions): BoundSocket {
  const { transport, address, port, sharing } = options;
  const fail = (): ListenError => {
    const code = nameOf(libc.errno());
    const cause = Object.assign(new Error(`${code}: ${listenUrl(transport, address, port)}`), { code });
    const why = sharing === "join" && code === "EADDRINUSE" ? NOT_SHARED : undefined;
    return new ListenError(listenUrl(transport, address, port), port, cause, why);
  };
  const family = isIPv6(address) ? AF_INET6 : AF_INET;
  const type = transport === "udp" ? SOCK_DGRAM : SOCK_STREAM;
  const fd = libc.socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw fail();
  const { scratch, scratchAt: at } = libc;
  const set = (level: number, name: number, value: number): boolean =>
    setOption(libc, fd, level, name, value);
  const share = (): boolean => set(SOL_SOCKET, SO_REUSEPORT, 1);
  const bind = (): boolean => libc.bind(fd, at, writeAddress(libc, family, address, port)) === 0;
  try {
    if (options.receiveBuffer > 0) set(SOL_SOCKET, SO_RCVBUF, options.receiveBuffer);
    // As Node does for TCP: a port whose last connections are still dying may be had again. For UDP it would mean sharing.
    const ready =
      (transport === "udp" || set(SOL_SOCKET, SO_REUSEADDR, 1)) &&
      (family === AF_INET || set(IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6Only ? 1 : 0)) &&
      // Before the first datagram can come: with others at the port, it may be there as soon as the socket is bound.
      (options.destinations !== true || wantDestinations(set, family)) &&
      (sharing !== "join" || share()) &&
      bind() &&
      // Set only now, it does not let us in where somebody else is.
      (sharing !== "first" || share());
    if (!ready) throw fail();
    scratch.setUint32(32, 32, true);
    if (libc.getsockname(fd, at, at + 32) !== 0) throw fail();
    return { fd, family, port: scratch.getUint16(SockaddrIn.PORT, false) };
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Lets others of this user listen where this socket does, or nobody any more; who is there already stays. */
export function letShare(libc: Libc, fd: number, shared: boolean): void {
  setOption(libc, fd, SOL_SOCKET, SO_REUSEPORT, shared ? 1 : 0);
}

/**
 * Lets a bound UDP socket receive from itself alone, which is nobody: what is sent to its address goes to another socket that
 * is there, and else the sender is told at once. What was received before can still be read, and it can send as before.
 */
export function turnAway(libc: Libc, { fd, family }: Pick<BoundSocket, "fd" | "family">): void {
  const { scratch, scratchAt: at } = libc;
  scratch.setUint32(32, 32, true);
  const length = family === AF_INET ? SockaddrIn.SIZE : SockaddrIn6.SIZE;
  if (libc.getsockname(fd, at, at + 32) === 0) libc.connect(fd, at, length);
}

/**
 * What the kernel lets through to a TCP socket that is to be left: all but the first segment of a connection. Instructions of
 * classic BPF (code, jumps, number), for which a packet begins with its TCP header.
 */
const NO_NEWCOMERS = [
  // The byte with the flags; of these SYN and ACK; where SYN stands alone, nothing of the packet is taken.
  [0x30, 0, 0, 13],
  [0x54, 0, 0, 0x12],
  [0x15, 0, 1, 0x02],
  [0x06, 0, 0, 0],
  [0x06, 0, 0, 0x7fff_ffff],
] as const;

/**
 * Lets a TCP socket that listens overhear who wants to connect: the client's system tries again a second later, and comes to
 * another socket that is there. Who is connecting already gets in. When a socket that shares its address is closed, the kernel
 * resets what waits in it; this is how none does. False when the system does not do it.
 */
export function overhearNewcomers(libc: Libc, fd: number): boolean {
  const { scratch: view, scratchAt: at } = libc;
  // The instructions stand behind; what the kernel needs of all this, it copies.
  view.setUint16(SockFprog.LENGTH, NO_NEWCOMERS.length, true);
  view.setBigUint64(SockFprog.FILTER, BigInt(at + SockFprog.SIZE), true);
  for (const [index, [code, yes, no, number]] of NO_NEWCOMERS.entries()) {
    const here = SockFprog.SIZE + index * SockFilter.SIZE;
    view.setUint16(here + SockFilter.CODE, code, true);
    view.setUint8(here + SockFilter.YES, yes);
    view.setUint8(here + SockFilter.NO, no);
    view.setUint32(here + SockFilter.NUMBER, number, true);
  }
  return libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, at, SockFprog.SIZE) === 0;
}

function wantDestinations(
  set: (level: number, name: number, value: number) => boolean,
  family: number,
): boolean {
  return family === AF_INET ? set(IPPROTO_IP, IP_PKTINFO, 1) : set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

/** Whether the kernel can send several datagrams as one message (UDP_SEGMENT): Linux does since 4.18, those who imitate it may not. */
export function canJoin(libc: Libc, { fd }: Pick<BoundSocket, "fd">): boolean {
  return setOption(libc, fd, SOL_UDP, UDP_SEGMENT, 0);
}

function setOption(libc: Libc, fd: number, level: number, name: number, value: number): boolean {
  libc.scratch.setInt32(0, value, true);
  return libc.setsockopt(fd, level, name, libc.scratchAt, 4) === 0;
}

/**
 * Puts the socket under a number that Node knows of, as that of an open file, and gives that: when a worker thread dies, Node
 * closes the files it had open, and so the socket too. Else the kernel would go on giving it its share of the queries.
 * -1 when there is no room for another file: the socket is closed then.
 */
export function adopt(libc: Libc, fd: number): number {
  let known: number;
  try {
    known = openSync("/", "r");
  } catch {
    libc.close(fd);
    return -1;
  }
  const done = libc.dup3(fd, known, SOCK_CLOEXEC);
  libc.close(fd);
  if (done >= 0) return known;
  closeSync(known);
  return -1;
}

/** Writes a `sockaddr` to the scratch memory and gives its length; an address that is none gives 0, which the kernel refuses. */
function writeAddress(libc: Libc, family: number, address: string, port: number): number {
  const { scratch: view, scratchAt: at } = libc;
  for (let i = 0; i < SockaddrIn6.SIZE; i += 4) view.setUint32(i, 0);
  view.setUint16(SockaddrIn.FAMILY, family, true);
  view.setUint16(SockaddrIn.PORT, port, false);
  if (family === AF_INET) {
    return libc.parseAddress(family, address, at + SockaddrIn.ADDRESS) === 1 ? SockaddrIn.SIZE : 0;
  }
  const [plain = "", scope] = address.split("%");
  if (scope !== undefined) {
    const index = libc.interfaceIndex(scope);
    view.setUint32(SockaddrIn6.SCOPE, index === 0 ? Number(scope) || 0 : index, true);
  }
  return libc.parseAddress(family, plain, at + SockaddrIn6.ADDRESS) === 1 ? SockaddrIn6.SIZE : 0;
}
