import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import type { ListenAddress } from "../../config/config.ts";
import { RrType } from "../../dns/rrtype.ts";
import { askDoor, type DoorAnswer } from "../door-check.ts";

/** The host that is changed; tests put a folder, a recorder and answers of their own in. */
export interface Host {
  /** `/`, or the folder that stands for it. */
  readonly root: string;
  /** Makes a service look at its files again. Rejects when that fails. */
  readonly renew: (service: string) => Promise<void>;
  /** Asks an address for what only a resolver with a way out can answer. Never rejects. */
  readonly ask: (door: ListenAddress) => Promise<DoorAnswer>;
  /** Between two looks at whether a service is back, in ms. */
  readonly pause: number;
  /** The wall clock. */
  readonly now: () => Date;
}

/** How long an address may take to answer, in milliseconds: longer than dotls gives its upstreams by default. */
const PATIENCE = 5000;

const run = promisify(execFile);

/** The host that this process runs on. */
export const thisHost: Host = {
  root: "/",
  renew: async (service) => {
    // sd_booted(3): where systemd is not the init, it has no services.
    if (!existsSync("/run/systemd/system")) return;
    // resolved reads its file at its start only (before systemd 256).
    const verb = service === "systemd-resolved" ? "restart" : "reload-or-restart";
    await run("systemctl", [verb, service]);
  },
  ask: (door) => askDoor(door, { name: ".", type: RrType.NS, recursion: true }, PATIENCE),
  pause: 500,
  now: () => new Date(),
};
