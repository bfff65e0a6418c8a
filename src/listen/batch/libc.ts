import { constants, endianness } from "node:os";
import { CALLS, Errno } from "./layout.ts";

/** A function of the C library: numbers in, a number out; -1 means that `errno` says why not. */
type Call = (...values: readonly number[]) => number;

/** Bytes for a `sockaddr`, its length behind it, or an option's value. */
const SCRATCH = 64;

/** What the batches need of the C library. Addresses are numbers: no address of Linux needs more than 2^53. */
export interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: number, length: number) => number;
  readonly connect: (fd: number, address: number, length: number) => number;
  readonly getsockname: (fd: number, address: number, length: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: number, length: number) => number;
  readonly close: (fd: number) => number;
  readonly dup3: (from: number, to: number, flags: number) => number;
  readonly epollCreate: (flags: number) => number;
  readonly epollCtl: (epoll: number, operation: number, fd: number, event: number) => number;
  /** 1 when the text is an address of the family, which is then written to `out` in network order. */
  readonly parseAddress: (family: number, text: string, out: number) => number;
  /** 0 when there is no such interface. */
  readonly interfaceIndex: (name: string) => number;
  /** Gives how many messages were received. */
  readonly recvmmsg: (fd: number, headers: number, count: number, flags: number) => number;
  /** Gives how many messages were sent. */
  readonly sendmmsg: (fd: number, headers: number, count: number, flags: number) => number;
  readonly errno: () => number;
  /** Memory for what a single call reads or writes, and where it begins. It lives as long as the library. */
  readonly scratch: DataView;
  readonly scratchAt: number;
  /**
   * Where this memory begins. It is valid as long as somebody holds the ArrayBuffer: V8 keeps backing stores of buffers
   * outside of the heap that it compacts, and never moves one.
   */
  readonly address: (memory: ArrayBuffer) => number;
}

/**
 * The C library of this process through koffi, an optional dependency; or, as text, why there is none that receives and
 * sends datagrams in batches: not Linux, no koffi, a sandbox that does not let the calls through.
 */
export async function loadLibc(): Promise<Libc | string> {
  const calls = CALLS[process.arch];
  if (process.platform !== "linux" || calls === undefined || endianness() !== "LE") {
    return `it is for Linux on x64 and arm64, and this is ${process.platform} on ${process.arch}`;
  }
  let libc: Libc;
  try {
    const { default: koffi } = await import("koffi");
    const library = koffi.load(null);
    const declare = (name: string, ...types: string[]): Call => library.func(name, "int", types);
    const POINTER = "uintptr_t";
    const scratch = new DataView(new ArrayBuffer(SCRATCH));
    // By number: musl's own sendmmsg sends one message after the other.
    const batch: Call = declare("syscall", "long", "int", POINTER, "uint", "int", POINTER);
    libc = {
      socket: declare("socket", "int", "int", "int"),
      bind: declare("bind", "int", POINTER, "uint"),
      connect: declare("connect", "int", POINTER, "uint"),
      getsockname: declare("getsockname", "int", POINTER, POINTER),
      setsockopt: declare("setsockopt", "int", "int", "int", POINTER, "uint"),
      close: declare("close", "int"),
      dup3: declare("dup3", "int", "int", "int"),
      epollCreate: declare("epoll_create1", "int"),
      epollCtl: declare("epoll_ctl", "int", "int", "int", POINTER),
      parseAddress: library.func("inet_pton", "int", ["int", "str", POINTER]),
      interfaceIndex: library.func("if_nametoindex", "uint", ["str"]),
      recvmmsg: (fd, headers, count, flags) => batch(calls.recvmmsg, fd, headers, count, flags, 0),
      sendmmsg: (fd, headers, count, flags) => batch(calls.sendmmsg, fd, headers, count, flags, 0),
      errno: () => koffi.errno(),
      scratch,
      scratchAt: Number(koffi.address(scratch.buffer)),
      address: (memory) => Number(koffi.address(memory)),
    };
  } catch (error) {
    return `koffi cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
  return refusal(libc) ?? libc;
}

/** Why the kernel does not do it, if so. EBADF is what it says of a socket that is none. */
function refusal({ recvmmsg, sendmmsg, errno }: Libc): string | null {
  for (const [name, call] of Object.entries({ recvmmsg, sendmmsg })) {
    const code = call(-1, 0, 1, 0) === -1 ? errno() : 0;
    if (code === Errno.ENOSYS || code === Errno.EPERM) {
      return `the system does not allow ${name}: ${nameOf(code)}`;
    }
  }
  return null;
}

/** `EADDRINUSE` and so on. */
export function nameOf(errno: number): string {
  const found = Object.entries(constants.errno).find(([, value]) => value === errno);
  return found === undefined ? `error ${errno}` : found[0];
}
