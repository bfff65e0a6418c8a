import { Command } from "commander";
import type { HistoryRequest } from "../control/client.ts";
import { DotlsError } from "../errors.ts";
import { type HistoryFormat, historyFormats } from "./history-formats.ts";
import type { TargetOptions } from "./control-target.ts";
import { addTargetOptions } from "./control-target.ts";

/** How much of the past `--follow` shows when `--limit` does not say. */
const PAST_TO_FOLLOW = 10;

interface HistoryOptions extends TargetOptions {
  readonly follow?: true;
  readonly json?: true;
  readonly format?: string;
  readonly forget?: true;
  readonly name?: string;
  readonly rcode?: string;
  readonly type?: string;
  readonly client?: string;
  readonly source?: string;
  readonly upstream?: string;
  readonly slow?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly file?: string;
}

/** `dotls history`: the queries that were answered, from the running server or from its file. */
export function command(): Command {
  const history = new Command("history")
    .description("show the queries of the running server, or those in its history file")
    .option("-f, --follow", "go on with new queries until Ctrl-C")
    .option("--format <format>", `${historyFormats.join(", ")} (CoreDNS's common log form); json is NDJSON`)
    .option("--json", "the same as --format json (docs/history.md)")
    .option("--name <glob>", "names that match, as in '*.example.com'")
    .option("--rcode <rcode>", "this response code, as in NXDOMAIN; none: no answer was sent")
    .option("--type <type>", "this record type, as in AAAA")
    .option("--client <glob>", "clients whose address matches, as in '192.168.*'")
    .option(
      "--source <source>",
      "where the answer came from: upstream, cache, stale, local; none: there was none",
    )
    .option("--upstream <glob>", "answered by an upstream whose label matches, as in '*dns.example'")
    .option("--slow <time>", "took so long or longer, as in 100ms")
    .option("--since <when>", "received since then: 10m ago, or 2026-11-21T14:00")
    .option("--until <when>", "received before then")
    .option("--limit <n>", "the last n of those that match")
    .option("--file <file>", "read this history file, not the running server")
    .option("--forget", "make the server forget all queries, in memory and in its files");
  return addTargetOptions(history).action(showHistory);
}

async function showHistory(options: HistoryOptions): Promise<void> {
  if (options.forget === true) {
    await forget(options);
    return;
  }
  const wanted = await requestOf(options, Date.now());
  const format = formatOf(options);
  const [{ openHistory }, { textOutput }, { historyWriters }] = await Promise.all([
    import("./history-source.ts"),
    import("./text-output.ts"),
    import("./history-format.ts"),
  ]);
  const { header, row } = historyWriters[format];
  const tell = (text: string): void => void process.stderr.write(`dotls: ${text}\n`);
  const output = textOutput(process.stdout);
  const stop = new AbortController();
  const end = (): void => stop.abort();
  output.gone.addEventListener("abort", end);
  // Ctrl-C is how a user ends --follow, so it is no failure; else it ends the process as ever.
  if (wanted.follow === true) process.once("SIGINT", end);

  const entries = await openHistory(options, wanted, tell, stop.signal);
  if (header() !== "") await output.write(header());
  for await (const entry of entries) {
    if (!("lost" in entry)) await output.write(row(entry));
    else if (format === "json") await output.write(`${JSON.stringify(entry)}\n`);
    else tell(`${entry.lost} queries came faster than they could be shown`);
    if (stop.signal.aborted) break;
  }
  if (wanted.follow === true && !stop.signal.aborted) tell("the server has stopped");
}

/** `--forget` stands alone: what a filter leaves out would be forgotten as well. */
async function forget(options: HistoryOptions): Promise<void> {
  const alone = new Set(["forget", "socket", "config"]);
  const other = Object.keys(options).find((key) => !alone.has(key));
  if (other !== undefined) {
    throw new DotlsError("ERR_DOTLS_USAGE", `--forget is for all queries, and takes no --${other}`);
  }
  const { forgetHistory } = await import("./history-forget.ts");
  process.stdout.write(`${await forgetHistory(options)}\n`);
}

function formatOf({ format, json }: HistoryOptions): HistoryFormat {
  if (format === undefined) return json === true ? "json" : "table";
  const known = historyFormats.find((one) => one === format);
  if (known === undefined) {
    throw new DotlsError("ERR_DOTLS_USAGE", `--format: "${format}" is not ${historyFormats.join(", ")}`);
  }
  if (json === true && known !== "json") {
    throw new DotlsError("ERR_DOTLS_USAGE", `--json and --format ${known} contradict each other`);
  }
  return known;
}

async function requestOf(options: HistoryOptions, now: number): Promise<HistoryRequest> {
  const { limit, since, until, name, rcode, type, client, source, upstream, slow } = options;
  if (limit !== undefined && !/^\d{1,9}$/.test(limit)) {
    throw new DotlsError("ERR_DOTLS_USAGE", `--limit: "${limit}" is not a whole number`);
  }
  if (options.follow === true && options.file !== undefined) {
    throw new DotlsError(
      "ERR_DOTLS_USAGE",
      "--follow shows a running server; a file is followed by tail -F FILE",
    );
  }
  const { parseWhen } = await import("./when.ts");
  return {
    name,
    rcode,
    type,
    client,
    source,
    upstream,
    slow,
    since: since === undefined ? undefined : parseWhen("--since", since, now),
    until: until === undefined ? undefined : parseWhen("--until", until, now),
    limit: limit === undefined ? (options.follow === true ? PAST_TO_FOLLOW : undefined) : Number(limit),
    follow: options.follow === true,
  };
}
