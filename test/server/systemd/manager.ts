import { spawn } from "node:child_process";
import { onTestFinished } from "vitest";

/** What of a service manager listens for sd_notify messages. */
export interface Manager {
  /** For NOTIFY_SOCKET. */
  readonly address: string;
  /** The messages so far, each as its assignments. */
  readonly messages: () => Record<string, string>[];
}

/** Node.js has no datagram sockets of the Unix kind. File descriptors that come along are closed, which ends systemd-notify's wait. */
const PROGRAM = `
import json, socket, sys, os
address = sys.argv[1]
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.bind("\\0" + address[1:] if address.startswith("@") else address)
print("bound", flush=True)
while True:
    data, files, _, _ = socket.recv_fds(one, 65536, 8)
    for file in files: os.close(file)
    print(json.dumps(data.decode()), flush=True)
`;

/** Starts it at an address; it ends with the test. */
export async function startManager(address: string): Promise<Manager> {
  const child = spawn("python3", ["-c", PROGRAM, address], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let text = "";
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      resolve();
    });
    child.once("exit", (code) => reject(new Error(`python3 ended with code ${code}`)));
  });
  return {
    address,
    messages: () =>
      text
        .split("\n")
        .slice(1, -1)
        .map((line) => Object.fromEntries(assignments(JSON.parse(line) as string))),
  };
}

function assignments(message: string): [string, string][] {
  return message
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    });
}
