import { DotlsError } from "../../errors.ts";
import type { Before, SystemFiles } from "./files.ts";

/**
 * Where it is kept what was there before. Not in the folder of the daemon: that belongs to the user that it runs as, and
 * what root writes back must come from nobody else.
 */
export const RECORD_FILE = "/var/lib/dotls-system/before.json";

/** One file that was changed. */
interface ChangedFile {
  readonly path: string;
  /** What was written. */
  readonly wrote: string;
  readonly before: Before;
}

/** What `dotls system enable` changed, and how to undo it. */
export interface SystemRecord {
  readonly version: 1;
  /** ISO 8601 in UTC. */
  readonly enabledAt: string;
  /** The door that the host was pointed to: `127.0.0.1:53`. */
  readonly door: string;
  /** In the order in which they were written. */
  readonly files: readonly ChangedFile[];
  /** The services that read these files. */
  readonly services: readonly string[];
}

/** Reads the record; null when nothing was changed. Throws DotlsError (ERR_DOTLS_SYSTEM) when it cannot be understood. */
export function readRecord(files: SystemFiles): SystemRecord | null {
  const found = files.look(RECORD_FILE);
  if (found.kind === "none") return null;
  try {
    if (found.kind === "link") throw new Error("it is a link");
    // What is in it we wrote ourselves, into a folder that root alone can write to.
    const record: SystemRecord = JSON.parse(Buffer.from(found.text, "latin1").toString());
    if (record.version !== 1) throw new Error("it was written by another version of dotls");
    return record;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DotlsError(
      "ERR_DOTLS_SYSTEM",
      `${RECORD_FILE}, which says what was changed, cannot be used: ${reason}`,
      { cause: error },
    );
  }
}

/** Keeps the record, before anything is changed. */
export function writeRecord(files: SystemFiles, record: SystemRecord): void {
  const text = `${JSON.stringify(record, null, 2)}\n`;
  files.write(RECORD_FILE, Buffer.from(text).toString("latin1"), 0o600);
}
