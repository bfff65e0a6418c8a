import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Forwarder } from "./forwarder.ts";

const source = join(process.cwd(), "bench", "forwarders", "echo.c");

/**
 * A program in C that answers each datagram with itself: what the kernel takes for a datagram in and one out, which nobody
 * who takes them one by one can go below. Needs a C compiler, and has its version.
 */
export const echo: Forwarder = {
  name: "echo in C",
  version: { command: "cc", args: ["--version"] },
  configure({ folder, port }) {
    const program = join(folder, "echo");
    const { status, stderr } = spawnSync("cc", ["-O2", "-o", program, source], { encoding: "utf8" });
    if (status !== 0) throw new Error(`cc cannot compile ${source}:\n${stderr}`);
    return { command: program, args: [String(port)] };
  },
};

/** The same by Node's dgram, one datagram at a time: what nobody who uses that can go below. */
export const echoInNode: Forwarder = {
  name: "echo in Node",
  version: { command: process.execPath, args: ["--version"] },
  configure({ port }) {
    return { command: process.execPath, args: [join(import.meta.dirname, "echo-in-node.js"), String(port)] };
  },
};
