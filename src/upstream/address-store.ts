import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";

/** The addresses that a name had at a time. */
export interface KeptAddresses {
  /** Wall clock, ms. */
  readonly at: number;
  /** In the order in which they are tried. */
  readonly addresses: readonly string[];
}

const FILE = "addresses.json";

/** Grows when the meaning of the file changes; files of other versions are not read. */
const VERSION = 1;

/** How long writing waits for more to write, in ms. */
const PAUSE = 200;

/** Names that nobody has asked about for so long are dropped, in ms. */
const FORGOTTEN = 365 * 24 * 3600 * 1000;

/** Nobody configures so many upstreams: whatever is longer is not a file of ours. */
const MAX_SIZE = 1_000_000;

/**
 * The addresses of upstreams on disk, so that dotls can start where no bootstrap resolver answers. One JSON file, always
 * whole: written beside it and renamed. One that cannot be read or makes no sense counts as empty and is written anew.
 */
export class AddressStore {
  readonly file: string;
  #folder: string;
  #onProblem: (text: string) => void;
  #kept: Map<string, KeptAddresses>;
  /** What was put here, and so is written each time. */
  #own = new Map<string, KeptAddresses>();
  #dirty = false;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #complained = false;

  /** `folder` is made when there is something to write; `onProblem` is told once when that does not work. */
  constructor(folder: string, onProblem: (text: string) => void) {
    this.#folder = folder;
    this.file = join(folder, FILE);
    this.#onProblem = onProblem;
    this.#kept = read(this.file);
  }

  get(name: string): KeptAddresses | undefined {
    return this.#kept.get(name);
  }

  /** Keeps the addresses of a name. They are on disk a moment later. */
  put(name: string, kept: KeptAddresses): void {
    this.#kept.set(name, kept);
    this.#own.set(name, kept);
    this.#dirty = true;
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => void this.flush(), PAUSE);
    this.#timer.unref();
  }

  /** Resolves when all that was put is on disk, or could not be written. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    if (!this.#dirty) return;
    this.#dirty = false;
    const now = Date.now();
    // Read again: another dotls may keep its upstreams in the same file.
    const names = read(this.file);
    for (const [name, kept] of this.#own) {
      if (kept.at >= (names.get(name)?.at ?? 0)) names.set(name, kept);
    }
    for (const [name, { at }] of names) if (now - at >= FORGOTTEN) names.delete(name);
    const text = `${JSON.stringify({ version: VERSION, names: Object.fromEntries(names) }, null, 1)}\n`;
    const beside = `${this.file}.${randomBytes(6).toString("hex")}`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const handle = await open(beside, "wx", 0o600);
      try {
        await handle.writeFile(text);
        // Else a machine that loses power may keep the new name with nothing in it.
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(beside, this.file);
    } catch (error) {
      await rm(beside, { force: true }).catch(() => {});
      this.#complain(error);
    }
  }

  #complain(error: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#onProblem(`addresses of upstreams are not kept: ${reason}`);
  }
}

function read(file: string): Map<string, KeptAddresses> {
  try {
    const text = readFileSync(file, "utf8");
    if (text.length > MAX_SIZE) return new Map();
    const content: unknown = JSON.parse(text);
    if (!isObject(content) || content["version"] !== VERSION || !isObject(content["names"])) return new Map();
    return new Map(
      Object.entries(content["names"]).flatMap(([name, entry]) =>
        isKept(entry) ? [[name, { at: entry.at, addresses: entry.addresses }] as const] : [],
      ),
    );
  } catch {
    // Not there, not ours to read, or broken: the bootstrap resolvers know it better.
    return new Map();
  }
}

function isKept(entry: unknown): entry is KeptAddresses {
  if (!isObject(entry) || !Number.isFinite(entry["at"])) return false;
  const { addresses } = entry;
  return (
    Array.isArray(addresses) &&
    addresses.length > 0 &&
    addresses.every((address) => typeof address === "string" && isIP(address) !== 0)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
