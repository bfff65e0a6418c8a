/**
 * How the structures of Linux lie in memory on 64-bit little-endian machines (x64 and arm64), and the constants that go
 * with them. glibc and musl agree: where musl has 32 bits and padding in `msghdr` and `cmsghdr`, glibc has 64 bits, and
 * what is written here has its high half zero. A wrong offset is a crash: test/listen/batch/layout.test.ts asks the C
 * compiler.
 */

/** `struct mmsghdr`: a `msghdr`, and how many bytes were received or sent. */
export const Mmsghdr = {
  NAME: 0,
  NAME_LENGTH: 8,
  VECTORS: 16,
  VECTOR_COUNT: 24,
  CONTROL: 32,
  CONTROL_LENGTH: 40,
  FLAGS: 48,
  LENGTH: 56,
  SIZE: 64,
} as const;

/** `struct iovec`. */
export const Iovec = { BASE: 0, LENGTH: 8, SIZE: 16 } as const;

/** `struct sockaddr_in`; port and address are in network order. */
export const SockaddrIn = { FAMILY: 0, PORT: 2, ADDRESS: 4, SIZE: 16 } as const;

/** `struct sockaddr_in6`; port and address are in network order. */
export const SockaddrIn6 = { FAMILY: 0, PORT: 2, ADDRESS: 8, SCOPE: 24, SIZE: 28 } as const;

/** `struct cmsghdr`, with its data behind it. */
export const Cmsghdr = { LENGTH: 0, LEVEL: 8, TYPE: 12, DATA: 16 } as const;

/** `struct in_pktinfo`. */
export const InPktinfo = { IFINDEX: 0, SOURCE: 4, DESTINATION: 8, SIZE: 12 } as const;

/** `struct in6_pktinfo`. */
export const In6Pktinfo = { ADDRESS: 0, IFINDEX: 16, SIZE: 20 } as const;

/** `struct sock_fprog`: a program of classic BPF. */
export const SockFprog = { LENGTH: 0, FILTER: 8, SIZE: 16 } as const;

/** `struct sock_filter`: an instruction of it. */
export const SockFilter = { CODE: 0, YES: 2, NO: 3, NUMBER: 4, SIZE: 8 } as const;

/** `CMSG_SPACE(length)`: what a control message with so much data takes. */
export function controlSpace(length: number): number {
  return Cmsghdr.DATA + Math.ceil(length / 8) * 8;
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_ATTACH_FILTER = 26;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
export const MSG_DONTWAIT = 0x40;
export const EPOLL_CTL_ADD = 1;
export const EPOLLIN = 1;

/** `SYS_recvmmsg` and `SYS_sendmmsg` by `process.arch`. */
export const CALLS: Readonly<
  Partial<Record<string, { readonly recvmmsg: number; readonly sendmmsg: number }>>
> = {
  x64: { recvmmsg: 299, sendmmsg: 307 },
  arm64: { recvmmsg: 243, sendmmsg: 269 },
};

/** `errno` of what is to be told apart. */
export const Errno = {
  EPERM: 1,
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  EINVAL: 22,
  ENOSYS: 38,
  EMSGSIZE: 90,
  ENOBUFS: 105,
} as const;
