import { formatHostPort } from "../../config/ip-address.ts";
import { printable } from "../../observe/printable.ts";
import { type Finding, type Mark, worst } from "./finding.ts";
import type { UpstreamReport } from "./upstream.ts";

/** All that the doctor found. */
export interface Report {
  /** What is wrong with the configuration itself; empty when it can be used. */
  readonly configuration: readonly Finding[];
  readonly upstreams: readonly UpstreamReport[];
  readonly host: readonly Finding[];
}

const signs: Readonly<Record<Mark, string>> = { ok: "+", info: "-", warn: "!", fail: "x" };

/** Green, none, yellow, red. */
const colours: Readonly<Record<Mark, string>> = { ok: "32", info: "0", warn: "33", fail: "31" };

/** The column where what was found begins. */
const INDENT = 28;

/** The worst of all marks. */
export function resultOf(report: Report): "ok" | "warn" | "fail" {
  return worst(allFindings(report).map(({ mark }) => mark));
}

/** The report as text for people. */
export function reportText(report: Report, colour: boolean): string {
  const lines = (findings: readonly Finding[]): string[] =>
    findings.flatMap((one) => findingLines(one, colour));
  const parts = [
    ...(report.configuration.length === 0 ? [] : [["configuration", ...lines(report.configuration)]]),
    ...report.upstreams.flatMap(({ upstream, findings, servers }) => [
      [printable(upstream), ...lines(findings)],
      ...servers.map((server) => [
        `${printable(upstream)} at ${formatHostPort(server.address, server.port)}`,
        ...lines(server.findings),
      ]),
    ]),
    ["this host", ...lines(report.host)],
    [summary(report)],
  ];
  // An upstream of which nothing is to be said for all its addresses needs no heading of its own.
  return parts
    .filter((part, at) => part.length > 1 || at === parts.length - 1)
    .map((part) => `${part.join("\n")}\n`)
    .join("\n");
}

/** The report as JSON: docs/doctor.md says what each field is. */
export function reportJson(report: Report): string {
  const upstreams = report.upstreams.map(({ upstream, protocol, name, findings, servers }) => ({
    upstream,
    protocol,
    name,
    findings,
    servers,
  }));
  const { configuration, host } = report;
  return `${JSON.stringify({ result: resultOf(report), configuration, upstreams, host }, null, 2)}\n`;
}

function allFindings({ configuration, upstreams, host }: Report): Finding[] {
  const looked = upstreams.flatMap(({ findings, servers }) => [
    ...findings,
    ...servers.flatMap((server) => server.findings),
  ]);
  return [...configuration, ...looked, ...host];
}

function findingLines({ check, mark, text, details, advice }: Finding, colour: boolean): string[] {
  const word = `${signs[mark]} ${mark}`.padEnd(7);
  const shown = colour && mark !== "info" ? `\u001b[${colours[mark]}m${word}\u001b[0m` : word;
  const margin = " ".repeat(INDENT);
  return [
    `  ${shown} ${check.padEnd(INDENT - 11)} ${printable(text)}`,
    ...details.map((line) => `${margin}${printable(line)}`),
    ...(advice === null ? [] : [`${margin}-> ${printable(advice)}`]),
  ];
}

function summary(report: Report): string {
  const marks = allFindings(report).map(({ mark }) => mark);
  const [broken, odd] = (["fail", "warn"] as const).map((mark) => marks.filter((one) => one === mark).length);
  if (broken! > 0)
    return `${broken} ${broken === 1 ? "thing is" : "things are"} broken, ${odd} more to look at.`;
  if (odd! > 0) return `Nothing is broken; ${odd} ${odd === 1 ? "thing deserves" : "things deserve"} a look.`;
  return "All is well.";
}
