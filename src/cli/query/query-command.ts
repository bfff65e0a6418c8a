import { DotlsError } from "../../errors.ts";
import type { QueryArguments } from "./arguments.ts";
import { parseArguments } from "./arguments.ts";
import { QUERY_HELP } from "./help.ts";
import { Report } from "./report.ts";
import { LookupRunner } from "./run-lookup.ts";
import { findServers, resolveServer, ServerError } from "./server.ts";

/** dig's exit codes, which are also ours. */
const ExitCode = { ANSWER: 0, USAGE: 1, NO_REPLY: 9, INTERNAL: 10 } as const;

/** Where a command writes. */
export interface QueryStreams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/**
 * Runs `dotls query` with what stands behind the word `query`. Gives the exit code: 0 when each name got an answer
 * (NXDOMAIN is one), with `--compare` one from each server, 9 when one got none, 1 for a command line that cannot be understood, 10 when something is broken.
 */
export async function runQuery(
  args: readonly string[],
  version: string,
  { out, error }: QueryStreams,
): Promise<number> {
  try {
    const parsed = parseArguments(args);
    for (const warning of parsed.warnings) error(`${warning}\n`);
    if (parsed.only === "help") out(QUERY_HELP);
    if (parsed.only === "version") out(`dotls ${version}\n`);
    if (parsed.only !== null) return ExitCode.ANSWER;
    if (parsed.compare !== null) {
      const { compareServers } = await import("./compare.ts");
      const all = await compareServers(parsed.lookups[0]!, parsed.compare, parsed.globals, out);
      return all ? ExitCode.ANSWER : ExitCode.NO_REPLY;
    }
    return await runLookups(parsed, await greetingOf(args, version, parsed), out);
  } catch (caught) {
    if (!(caught instanceof DotlsError)) {
      error(`dotls query: ${caught instanceof Error ? caught.stack : String(caught)}\n`);
      return ExitCode.INTERNAL;
    }
    error(`dotls query: ${caught.message}\n`);
    if (!(caught instanceof ServerError)) error("Try 'dotls query -h' for what can be asked.\n");
    return ExitCode.USAGE;
  }
}

async function runLookups(
  { lookups, globals }: QueryArguments,
  greeting: string,
  out: (text: string) => void,
): Promise<number> {
  const runner = new LookupRunner(globals);
  const report = new Report(out, globals, greeting);
  // All servers first: what cannot be found is said before anything is asked, as in dig.
  const plans = await Promise.all(
    lookups.map(async (lookup) => ({
      lookup,
      servers: await findServers(lookup.servers, lookup.tls, globals.family),
    })),
  );
  let exitCode: number = ExitCode.ANSWER;
  for (const { lookup, servers } of plans) {
    const outcome = await runner.run(lookup, servers, report.events(lookup));
    report.outcome(lookup, outcome);
    if (outcome.kind === "silence") exitCode = ExitCode.NO_REPLY;
  }
  return exitCode;
}

/** dig's first lines: the command as typed, how many addresses the server has, and the options that hold for all. */
async function greetingOf(
  args: readonly string[],
  version: string,
  { greeting, globals }: QueryArguments,
): Promise<string> {
  if (!greeting.shown) return "";
  const lines = ["", `; <<>> dotls ${version} <<>>${args.map((argument) => ` ${argument}`).join("")}`];
  if (greeting.server !== null) {
    const { length } = await resolveServer(greeting.server, globals.family);
    lines.push(`; (${length} server${length === 1 ? "" : "s"} found)`);
  }
  lines.push(`;; global options:${greeting.short ? " +short" : ""} +cmd`);
  return lines.map((line) => `${line}\n`).join("");
}
