import type { ListenAddress } from "../../../config/config.ts";
import type { Finding } from "../finding.ts";
import { clockFinding, type Life } from "./clock.ts";
import { Doors } from "./doors.ts";
import type { HostFiles } from "./files.ts";
import { port53Finding } from "./port-53.ts";
import { reachFindings } from "./reach.ts";

/** What is known of the host beside its files. */
export interface HostFacts {
  readonly files: HostFiles;
  readonly listen: readonly ListenAddress[];
  /** The addresses of this host. */
  readonly local: readonly string[];
  /** The wall clock, in ms. */
  readonly now: number;
  /** When the files of dotls were written or put here, in ms; null: not known. */
  readonly installedAt: number | null;
  readonly lives: readonly Life[];
}

/** What this host does with DNS. */
export function examineHost({ files, listen, local, now, installedAt, lives }: HostFacts): Finding[] {
  const doors = new Doors(listen, local);
  return [...reachFindings(files, doors), port53Finding(files, doors), clockFinding(now, installedAt, lives)];
}
