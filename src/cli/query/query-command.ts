import { DotlsError } from "../../errors.ts";
import type { QueryArguments } from "./arguments.ts";
import { parseArguments } from "./arguments.ts";
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
 * (NXDOMAIN is one), 9 when one got none, 1 for a command line that cannot be understood, 10 when something is broken.
 */
export async function runQuery(
  args: readonly string[],
  version: string,
  { out, error }: QueryStreams,
): Promise<number> {
  try {
    const parsed = parseArguments(args);
    for (const warning of parsed.warnings) error(`${warning}\n`);
    if (parsed.only === "help") out(HELP);
    if (parsed.only === "version") out(`dotls ${version}\n`);
    if (parsed.only !== null) return ExitCode.ANSWER;
    return await runLookups(parsed, await greetingOf(args, version, parsed), out);
  } catch (caught) {
    if (!(caught instanceof DotlsError)) {
      error(`dotls query: ${caught instanceof Error ? caught.stack : String(caught)}\n`);
      return ExitCode.INTERNAL;
    }
    error(`dotls query: ${caught.message}\n`);
    if (caught instanceof ServerError) return ExitCode.INTERNAL;
    error("Try 'dotls query -h' for what can be asked.\n");
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
  let exitCode: number = ExitCode.ANSWER;
  for (const lookup of lookups) {
    const servers = await findServers(lookup.servers, lookup.tls, globals.family);
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

const HELP = `Usage: dotls query [@SERVER[:PORT]] NAME [TYPE] [CLASS] [options] [NAME ...]

Asks a DNS server and prints the answer in dig's layout. Options before the first
name hold for all names, those behind a name for it alone. Without @SERVER it asks
DOTLS_QUERY_SERVER, else the nameservers of /etc/resolv.conf; with +tls and without
@SERVER, 1.1.1.1#cloudflare-dns.com.

  @SERVER    ADDRESS, ADDRESS:PORT, [IPV6]:PORT, ADDRESS#NAME (what its certificate
             must carry), or a host name
  -p PORT    the port, instead of 53 or 853      -x ADDRESS  the name of an address
  -t TYPE    the type, or TYPE123                -c CLASS    the class, or CLASS12
  -q NAME    the name                            -b ADDRESS[#PORT]  send from there
  -4, -6     IPv4 or IPv6 only                   -u          times in microseconds
  -h         this text                           -v          the version

How to ask (each of those without = can be negated: +notcp)
  +tcp  +tls  +tls-hostname=NAME  +tls-ca=FILE  +tls-pin=BASE64  +ignore
  +time=SECONDS  +tries=N  +retry=N
What to ask
  +recurse  +dnssec  +adflag  +cdflag  +aaflag  +raflag  +tcflag  +zflag
  +edns=VERSION  +bufsize=BYTES  +nsid  +subnet=ADDRESS/LENGTH  +cookie[=HEX]
  +expire  +keepalive  +padding=BLOCK  +ednsopt=CODE[:HEX]  +ednsflags=BITS  +coflag
  +opcode=OPCODE  +qid=ID  +header-only  +badcookie
What to print
  +short  +json  +all  +cmd  +comments  +question  +answer  +authority  +additional
  +stats  +ttlid  +ttlunits  +class  +qr  +identify  +unknownformat

Exit codes: 0 each name got an answer (NXDOMAIN is one), 1 the command line cannot
be understood, 9 no reply, 10 something else is wrong.
`;
