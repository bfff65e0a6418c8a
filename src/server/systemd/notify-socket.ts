import { execFile } from "node:child_process";

/** Sends a message to the service manager. What goes wrong is of no matter to who sends it. */
export type Send = (message: string) => void;

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** `sun_path`, its final zero included (unix(7)). */
const MOST_PATH = 108;

/**
 * The way to a service manager that listens at `address`, as NOTIFY_SOCKET has it: a path, or behind `@` a name that is in no
 * file system. It is a datagram socket of the Unix kind, which Node.js does not have: koffi opens one where it is installed,
 * else the program systemd-notify is run for each message. Null when nothing can be sent there.
 */
export async function openNotifySocket(
  address: string,
  way: "any" | "program" = "any",
): Promise<Send | null> {
  // There are others, vsock: say, for managers outside of this machine.
  if (!/^[/@]./.test(address) || Buffer.byteLength(address) >= MOST_PATH) return null;
  return (way === "any" ? await bySocket(address) : null) ?? byProgram(address);
}

async function bySocket(address: string): Promise<Send | null> {
  if (process.platform !== "linux") return null;
  try {
    const { default: koffi } = await import("koffi");
    const library = koffi.load(null);
    const socket = library.func("socket", "int", ["int", "int", "int"]);
    const sendto = library.func("sendto", "int64", ["int", "void *", "size_t", "int", "void *", "uint"]);
    const fd: unknown = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (typeof fd !== "number" || fd < 0) return null;
    const name = socketName(address);
    return (message) => {
      const bytes = Buffer.from(message);
      sendto(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, name, name.length);
    };
  } catch {
    return null;
  }
}

/** A `sockaddr_un`. In the abstract name space there is a zero in front, and none behind. */
function socketName(address: string): Buffer {
  const path = address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`;
  const name = Buffer.alloc(2 + Buffer.byteLength(path));
  if (process.arch === "s390x") name.writeUInt16BE(AF_UNIX);
  else name.writeUInt16LE(AF_UNIX);
  name.write(path, 2);
  return name;
}

/** One after the other, so that they arrive in their order. */
function byProgram(address: string): Send {
  const env = { ...process.env, NOTIFY_SOCKET: address };
  const waiting: string[] = [];
  let running = false;
  const next = (): void => {
    const message = waiting.shift();
    running = message !== undefined;
    if (message === undefined) return;
    // Where there is no such program there is nobody who would want to hear of it.
    execFile("systemd-notify", message.split("\n"), { env, timeout: 5000 }, next);
  };
  return (message) => {
    waiting.push(message);
    if (!running) next();
  };
}
