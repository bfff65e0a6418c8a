import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Forwarder } from "./forwarder.ts";

/** The bundle that `npm run build` makes. */
const builtMain: string = join(process.cwd(), "dist", "cli", "main.js");

/**
 * dotls as it was built somewhere: `main` is the path of its dist/cli/main.js, `settings` are values of the configuration. It is
 * told nothing that is its default, so that builds from before a key was there run as well.
 */
function dotlsAt(name: string, main: string, settings: readonly string[] = []): Forwarder {
  return {
    name,
    version: { command: process.execPath, args: [main, "--version"] },
    configure({ folder, port, upstream, cache }) {
      const listen = [`udp://127.0.0.1:${port}`, `tcp://127.0.0.1:${port}`].flatMap((url) => [
        "--listen",
        url,
      ]);
      const server = `tls://127.0.0.1:${upstream.port}#${upstream.name}`;
      const forward = ["--upstream", server, "--tls-ca", upstream.ca];
      const room = cache === null || cache.bytes === DEFAULT_ROOM ? [] : [`cache.size=${cache.bytes}`];
      const all = [`control.socket=${join(folder, "control.sock")}`, ...room, ...settings];
      const set = all.flatMap((setting) => ["--set", setting]);
      return { command: process.execPath, args: [main, "serve", ...listen, ...forward, ...set] };
    },
  };
}

/** What `cache.size` is when nothing is said. */
export const DEFAULT_ROOM: number = 64 * 2 ** 20;

/** This build, as it comes. On two cores it would start two workers: rows are about one, unless they say so. */
export const dotls: Forwarder = dotlsAt("dotls", builtMain);

/** This build with some values of the configuration, which stand in its name. */
export function dotlsWith(label: string, settings: readonly string[]): Forwarder {
  return dotlsAt(`dotls (${label})`, builtMain, settings);
}

/**
 * Another build of dotls to run beside this one, from `NAME=PATH` with the path of its dist/cli/main.js. Throws when there is
 * no such file, or the name cannot be the name of a folder.
 */
export function revision(text: string): Forwarder {
  const [, name = "", path = ""] = /^([A-Za-z0-9._-]+)=(.+)$/.exec(text) ?? [];
  if (name === "") throw new Error(`--revision ${text}: write NAME=PATH/dist/cli/main.js`);
  const main = resolve(path);
  if (!existsSync(main)) throw new Error(`--revision ${text}: there is no ${main}; build it first`);
  return dotlsAt(name, main);
}
