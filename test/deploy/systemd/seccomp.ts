import { execFileSync } from "node:child_process";

/** Operations of classic BPF, and what a filter may decide (linux/filter.h, linux/seccomp.h). */
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;

/** Where the fields of `struct seccomp_data` stand; `FIRST_ARGUMENT` is the low half of it. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const FIRST_ARGUMENT = 16;

const EPERM = 1;
const EAFNOSUPPORT = 97;

const AUDIT_ARCH: Readonly<Record<string, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

const FAMILIES: Readonly<Record<string, number>> = { AF_UNIX: 1, AF_INET: 2, AF_INET6: 10, AF_NETLINK: 16 };

/** The system calls of a group of systemd, groups in it resolved: `@system-service`. */
function callsOf(group: string): string[] {
  const text = execFileSync("systemd-analyze", ["syscall-filter", "--no-pager", group], { encoding: "utf8" });
  const lines = text
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
  return lines
    .filter((line) => /^@?[a-z0-9_-]+$/.test(line) && line !== group)
    .flatMap((line) => (line.startsWith("@") ? callsOf(line) : [line]));
}

/** The numbers of system calls on this machine; those that it has not are left out. */
function numbersOf(names: Iterable<string>): number[] {
  return [...names]
    .map((name) => Number(execFileSync("scmp_sys_resolver", [name], { encoding: "utf8" })))
    .filter((number) => number >= 0);
}

/**
 * The filter that systemd makes of a service's settings: what `SystemCallFilter=` lists is allowed but for what a line with
 * a tilde takes away, the rest fails with EPERM; sockets of other families fail with EAFNOSUPPORT.
 */
export function seccompProgram(filters: readonly string[], families: readonly string[]): Buffer {
  const allowed = new Set<string>();
  for (const line of filters) {
    const groups = line.replace(/^~/, "").split(" ");
    for (const name of groups.flatMap(callsOf)) {
      if (line.startsWith("~")) allowed.delete(name);
      else allowed.add(name);
    }
  }
  allowed.delete("socket");
  const [socket] = numbersOf(["socket"]);
  const wanted = families.map((family) => FAMILIES[family]!);
  const program: (readonly [code: number, yes: number, no: number, value: number])[] = [
    [LOAD, 0, 0, ARCHITECTURE],
    [JUMP_IF_EQUAL, 1, 0, AUDIT_ARCH[process.arch]!],
    [RETURN, 0, 0, ERRNO | EPERM],
    [LOAD, 0, 0, NUMBER],
    [JUMP_IF_EQUAL, 0, 2 + 2 * wanted.length, socket!],
    [LOAD, 0, 0, FIRST_ARGUMENT],
    ...wanted.flatMap(
      (family) =>
        [
          [JUMP_IF_EQUAL, 0, 1, family],
          [RETURN, 0, 0, ALLOW],
        ] as const,
    ),
    [RETURN, 0, 0, ERRNO | EAFNOSUPPORT],
    ...numbersOf(allowed).flatMap(
      (number) =>
        [
          [JUMP_IF_EQUAL, 0, 1, number],
          [RETURN, 0, 0, ALLOW],
        ] as const,
    ),
    [RETURN, 0, 0, ERRNO | EPERM],
  ];
  const bytes = Buffer.alloc(8 * program.length);
  for (const [i, [code, yes, no, value]] of program.entries()) {
    bytes.writeUInt16LE(code, 8 * i);
    bytes.writeUInt8(yes, 8 * i + 2);
    bytes.writeUInt8(no, 8 * i + 3);
    bytes.writeUInt32LE(value >>> 0, 8 * i + 4);
  }
  return bytes;
}

/** A Python program that puts itself under the filter in a file, and becomes the command that follows. */
export const UNDER_FILTER = `
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
program = open(sys.argv[1], "rb").read()
buffer = ctypes.create_string_buffer(program, len(program))
header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0: raise OSError(ctypes.get_errno(), "no_new_privs")
if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0) != 0: raise OSError(ctypes.get_errno(), "seccomp")
os.execv(sys.argv[2], sys.argv[2:])
`;
