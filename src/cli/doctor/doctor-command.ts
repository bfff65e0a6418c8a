import type { Config, ListenAddress } from "../../config/config.ts";
import { ConfigError, formatProblem } from "../../config/config-error.ts";
import type { Flags } from "../../config/flags.ts";
import { loadConfig } from "../../config/load.ts";
import { DEFAULT_TLS } from "../../config/tls-options.ts";
import { localAddresses } from "../../listen/local-addresses.ts";
import { AddressStore } from "../../upstream/address-store.ts";
import { packageFile } from "../../version.ts";
import { Targets } from "../reach/targets.ts";
import { type Finding, finding } from "./finding.ts";
import { type HostFiles, hostFiles } from "./host/files.ts";
import { examineHost } from "./host/host.ts";
import { patientsFrom, patientsOf } from "./patients.ts";
import { type Report, reportJson, reportText, resultOf } from "./report.ts";
import { examineUpstream } from "./upstream.ts";

/** How the doctor was called. */
export interface DoctorRequest {
  readonly specs: readonly string[];
  readonly flags: Flags;
  readonly json: boolean;
  /** A name that the servers should know; null: one that every resolver knows. */
  readonly name: string | null;
}

/** What the doctor sees and where it writes; tests put their own in. */
export interface Surroundings {
  readonly files: HostFiles;
  readonly local: readonly string[];
  /** The wall clock, in ms. */
  readonly now: () => number;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** How long a connection is watched on which nothing is asked, in ms. */
  readonly idleWatch: number;
  readonly colour: boolean;
  readonly write: (text: string) => void;
}

/** Milliseconds for each question where no configuration says `timeout`. */
const TIMEOUT = 4000;

/** Long enough to see those servers that close after two seconds, which is the shortest limit that programs come with. */
const IDLE_WATCH = 3000;

/** The real surroundings, with colour only where it is seen and not unwanted (no-color.org). */
export function realSurroundings(): Surroundings {
  return {
    files: hostFiles(),
    local: localAddresses("both").addresses,
    now: () => Date.now(),
    env: process.env,
    cwd: process.cwd(),
    idleWatch: IDLE_WATCH,
    colour: process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "",
    write: (text) => process.stdout.write(text),
  };
}

/**
 * Runs `dotls doctor`. A configuration that cannot be used is one of its findings, not the end of it. Gives the exit
 * code: 1 when something is broken, else 0.
 *
 * @throws ConfigValueError for a SPEC that is none.
 */
export async function runDoctor(request: DoctorRequest, around: Surroundings): Promise<number> {
  const { config, problems } = readConfig(request, around);
  const tls = config?.tls ?? DEFAULT_TLS;
  const patients =
    request.specs.length > 0
      ? patientsFrom(request.specs, tls, request.name)
      : config === null
        ? []
        : patientsOf(config, request.name);
  const ward = {
    targets: new Targets(),
    bootstrap: config?.bootstrap ?? [],
    kept: config === null || config.state === null ? null : new AddressStore(config.state, () => {}),
    idleWatch: around.idleWatch,
    timeout: config?.timeout ?? TIMEOUT,
  };
  const upstreams = await Promise.all(patients.map((patient) => examineUpstream(patient, ward)));
  const listen: readonly ListenAddress[] = config?.listen ?? [];
  const report: Report = {
    configuration: problems,
    upstreams,
    host: examineHost({
      files: around.files,
      listen,
      local: around.local,
      now: around.now(),
      installedAt: around.files.changedAt(packageFile),
      lives: upstreams.flatMap(({ lives }) => lives),
    }),
  };
  around.write(request.json ? reportJson(report) : reportText(report, around.colour));
  return resultOf(report) === "fail" ? 1 : 0;
}

function readConfig(
  { flags }: DoctorRequest,
  { env, cwd }: Surroundings,
): { config: Config | null; problems: Finding[] } {
  try {
    return { config: loadConfig({ flags, env, cwd }).config, problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const found = finding("configuration", "fail", "dotls cannot start with it", {
      details: error.problems.map(formatProblem),
      advice: "Mend what is said; dotls check tells when all is right.",
      facts: { problems: error.problems },
    });
    return { config: null, problems: [found] };
  }
}
