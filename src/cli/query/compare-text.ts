import { className } from "../../dns/rrclass.ts";
import { typeName } from "../../dns/rrtype.ts";
import { printable } from "../../observe/printable.ts";
import type { Compared } from "./compare.ts";
import type { Aspect, Comparison, SharedRecord } from "./compare-messages.ts";
import { milliseconds } from "./footer.ts";
import type { Lookup } from "./settings.ts";

const titles = ["SERVER", "STATUS", "FLAGS", "ANSWERS", "CONNECT", "TLS", "QUERY", "SIZE"];

/** Columns of words; the others hold numbers and end at the right. */
const WORDS = 3;

/** A comparison for people: who answered what and how fast, then each section with who gave which record. */
export function comparisonText(
  { name, type, class: rrclass }: Lookup,
  compared: readonly Compared[],
  comparison: Comparison,
): string {
  const { answers, authorities, additionals, heads } = comparison;
  const section = (aspect: Aspect, title: string, records: readonly SharedRecord[]): string[] =>
    records.length === 0
      ? []
      : ["", ...sectionLines(title, records, comparison.differs.includes(aspect), compared.length)];
  const lines = [
    `;; QUESTION: ${name} ${className(rrclass)} ${typeName(type)}`,
    "",
    ...table(compared, comparison),
    ...heads.flatMap((head, at) =>
      (head?.extendedErrors ?? []).map((text) => `;; EDE from ${at + 1}: ${printable(text)}`),
    ),
    ...section("answers", "ANSWER", answers),
    ...section("authorities", "AUTHORITY", authorities),
    ...section("additionals", "ADDITIONAL", additionals),
    "",
    verdict(comparison),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function table(compared: readonly Compared[], { heads }: Comparison): string[] {
  const rows = compared.map(({ label, outcome }, at) => {
    const server = printable(label);
    if (outcome.kind !== "reply") return [server, `no answer: ${printable(outcome.reason)}`];
    const { message, exchange } = outcome.reply;
    const { timing } = exchange;
    const head = heads[at]!;
    return [
      server,
      head.status,
      head.flags.join(" "),
      String(message.answers.length),
      time(timing.connect),
      time(timing.tls),
      time(timing.query),
      String(exchange.reply.length),
    ];
  });
  const full = rows.filter(({ length }) => length === titles.length);
  const widths = titles.map((title, column) => {
    const cells = column === 0 ? rows : full;
    return Math.max(title.length, ...cells.map((row) => row[column]!.length));
  });
  const line = (number: string, cells: readonly string[]): string =>
    [number, ...cells.map((cell, at) => (at < WORDS ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))]
      .join("  ")
      .trimEnd();
  const digits = String(rows.length).length;
  return [
    line(" ".repeat(digits), titles),
    ...rows.map((row, at) => line(String(at + 1).padStart(digits), row)),
  ];
}

function time(value: number | null): string {
  return value === null ? "-" : milliseconds(value);
}

function sectionLines(
  title: string,
  records: readonly SharedRecord[],
  differs: boolean,
  servers: number,
): string[] {
  const texts = records.map(({ name, class: rrclass, type, data }) => `${name} ${rrclass} ${type} ${data}`);
  if (!differs) return [`;; ${title}: the same`, ...texts];
  const numbers = Array.from({ length: servers }, (_, at) => String(at + 1));
  return [
    `;; ${title}: differs`,
    ...records.map(({ from }, at) => {
      const givers = numbers.map((number, index) =>
        from.includes(index) ? number : "-".padStart(number.length),
      );
      return `${givers.join(" ")}  ${texts[at]}`;
    }),
  ];
}

const aspectNames: Readonly<Record<Aspect, string>> = {
  status: "status",
  flags: "flags",
  extendedErrors: "extended errors",
  answers: "answer section",
  authorities: "authority section",
  additionals: "additional section",
};

function verdict({ differs, heads }: Comparison): string {
  const missing = heads.filter((head) => head === null).length;
  const silent = missing === 0 ? "" : `; ${missing} of ${heads.length} did not answer`;
  if (missing === heads.length) return ";; NO ANSWER from any of them";
  if (differs.length === 0) return `;; THE SAME from all that answered${silent}`;
  return `;; DIFFERENT: ${differs.map((aspect) => aspectNames[aspect]).join(", ")}${silent}`;
}
