import { padding } from "../../dns/edns/padding.ts";
import type { Message } from "../../dns/message.ts";
import type { ExchangeResult, TlsFacts } from "./exchange.ts";
import type { QueryReply } from "./reply.ts";

/**
 * The lines behind the sections: dig's four, then what dig cannot say: how long each step took, and what the TLS
 * connection was. Ends with an empty line, as dig's does.
 */
export function footerText(result: QueryReply, microseconds: boolean): string {
  const { exchange, server, endpoint, receivedAt, query, message } = result;
  const took = exchange.timing.query;
  const time = microseconds ? `${Math.floor(took * 1000)} usec` : `${Math.floor(took)} msec`;
  const lines = [
    `;; Query time: ${time}`,
    `;; SERVER: ${endpoint.address}#${endpoint.port}(${server.label}) (${exchange.transport})`,
    `;; WHEN: ${dateText(receivedAt)}`,
    `;; MSG SIZE  rcvd: ${exchange.reply.length}`,
    ...timingLines(exchange),
    ...(exchange.tls === null ? [] : [tlsLine(exchange.tls, query.message, message)]),
  ];
  return lines.map((line) => `${line}\n`).join("") + "\n";
}

/** The size of the padding in a message; null when it has none. */
export function paddingOf({ edns }: Message): number | null {
  return edns?.options.find(({ code }) => code === padding.code)?.data.length ?? null;
}

function timingLines({ timing, transport }: ExchangeResult): string[] {
  if (transport === "UDP" || timing.connect === null) return [];
  const steps = [
    `connect ${milliseconds(timing.connect)}`,
    ...(timing.tls === null ? [] : [`TLS ${milliseconds(timing.tls)}`]),
    `query ${milliseconds(timing.query)}`,
  ];
  return [`;; TIMING: ${steps.join(", ")}`];
}

function tlsLine(tls: TlsFacts, query: Message, reply: Message): string {
  const facts = [
    tls.version,
    tls.cipher,
    ...(tls.group === null ? [] : [tls.group]),
    `resumed ${tls.resumed ? "yes" : "no"}`,
    `ALPN ${tls.alpn ?? "none"}`,
    `padding query ${paddingOf(query) ?? "none"} answer ${paddingOf(reply) ?? "none"}`,
    `authenticated ${tls.authenticated}`,
  ];
  return `;; TLS: ${facts.join(", ")}`;
}

/** Milliseconds for people: three digits are enough to see what is slow, and hide what is noise. */
export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;
}

/** As dig has it: `Sat Nov 21 21:42:28 UTC 2026`, in the local time zone. */
function dateText(date: Date): string {
  const [weekday, month, day, year] = date.toDateString().split(" ");
  return `${weekday} ${month} ${day} ${date.toTimeString().slice(0, 8)} ${zoneName(date)} ${year}`;
}

/** The short name of the local time zone. Each locale knows those of its own region, the others are offsets there. */
function zoneName(date: Date): string {
  const names = ["en-US", "en-GB", "en-AU"].map((locale) =>
    new Intl.DateTimeFormat(locale, { timeZoneName: "short" })
      .formatToParts(date)
      .find(({ type }) => type === "timeZoneName"),
  );
  const known = names.find((name) => name !== undefined && !/^GMT[+-]/.test(name.value));
  return (known ?? names[0])?.value ?? "";
}
