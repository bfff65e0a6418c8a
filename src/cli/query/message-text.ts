import { cookie as cookieOption, judgeCookie } from "../../dns/edns/cookie.ts";
import type { Edns } from "../../dns/edns/edns.ts";
import { EdnsFlag } from "../../dns/edns/edns.ts";
import type { EdnsOption } from "../../dns/edns/option.ts";
import { formatOption } from "../../dns/edns/options.ts";
import { headerFlags } from "../../dns/header-flags.ts";
import { Flag } from "../../dns/header.ts";
import type { Message, ResourceRecord } from "../../dns/message.ts";
import { messageRcode } from "../../dns/message.ts";
import { equalNames } from "../../dns/name.ts";
import { Opcode, opcodeName } from "../../dns/opcode.ts";
import { Rcode, rcodeName } from "../../dns/rcode.ts";
import { questionLine, recordLine } from "./record-text.ts";
import type { Settings } from "./settings.ts";

/** A message and what was known of it outside. */
export interface PrintedMessage {
  readonly message: Message;
  /** A query of ours, shown by `+qr`, gets no warnings. */
  readonly isQuery: boolean;
  /** The COOKIE option that was sent; null: none. */
  readonly cookie: Uint8Array | null;
  /** Bytes behind the end of the message. */
  readonly trailing: number;
}

const queryTitles = { question: "QUESTION", answer: "ANSWER", authority: "AUTHORITY" };

/** The same sections of an UPDATE have other names (RFC 2136 section 2). */
const updateTitles = { question: "ZONE", answer: "PREREQUISITE", authority: "UPDATE" };

const LOCAL = Uint8Array.from([5, ...Buffer.from("local"), 0]);

/** A message in dig's long form: header, OPT record and sections, as far as the settings show them. */
export function messageText(printed: PrintedMessage, settings: Settings): string {
  const { message } = printed;
  const { shown } = settings;
  const titles = opcodeOf(message) === Opcode.UPDATE ? updateTitles : queryTitles;
  const lines = shown.comments
    ? [...headerLines(printed, settings), "", ...ednsLines(message.edns, printed)]
    : [];
  if (shown.question) {
    const questions = message.questions.map((question) => questionLine(question, settings));
    lines.push(...section(titles.question, questions, settings));
  }
  if (shown.answer) lines.push(...records(titles.answer, message.answers, settings));
  if (shown.authority) lines.push(...records(titles.authority, message.authorities, settings));
  if (shown.additional) lines.push(...records("ADDITIONAL", message.additionals, settings));
  return lines.map((line) => `${line}\n`).join("");
}

function opcodeOf({ flags }: Message): number {
  return (flags & Flag.OPCODE) >>> 11;
}

function headerLines({ message, isQuery, trailing }: PrintedMessage, settings: Settings): string[] {
  const { id, flags, edns } = message;
  const status = rcodeName(messageRcode(message));
  const lines = [isQuery ? ";; Sending:" : ";; Got answer:"];
  if (message.questions.some(({ name }) => isBelow(name, LOCAL))) {
    lines.push(
      ";; WARNING: .local is reserved for Multicast DNS",
      ";; You are currently testing what happens when an mDNS query is leaked to DNS",
    );
  }
  const opcode = opcodeName(opcodeOf(message));
  lines.push(
    `;; ->>HEADER<<- opcode: ${opcode}, status: ${status}, id: ${id}`,
    `;; flags:${headerFlags(flags)
      .map((name) => ` ${name}`)
      .join("")}${(flags & Flag.Z) === 0 ? "" : "; MBZ: 0x4"}; ${countsText(message)}`,
  );
  if (isQuery) return lines;
  if ((flags & Flag.RD) !== 0 && (flags & Flag.RA) === 0) {
    lines.push(";; WARNING: recursion requested but not available");
  }
  if (settings.edns !== null && edns === null && refusesEdns(messageRcode(message))) {
    const retry = `${settings.dnssec ? "+nodnssec " : ""}+noedns`;
    lines.push("", `;; WARNING: EDNS query returned status ${status} - retry with '${retry}'`);
  }
  if (trailing > 0) lines.push(`;; WARNING: Message has ${trailing} extra bytes at end`);
  return lines;
}

function countsText({ questions, answers, authorities, additionals, edns }: Message): string {
  const additional = additionals.length + (edns === null ? 0 : 1);
  return `QUERY: ${questions.length}, ANSWER: ${answers.length}, AUTHORITY: ${authorities.length}, ADDITIONAL: ${additional}`;
}

/** What a server says that has never heard of EDNS (RFC 6891 section 7). */
function refusesEdns(rcode: number): boolean {
  return rcode === Rcode.FORMERR || rcode === Rcode.NOTIMP;
}

function ednsLines(edns: Edns | null, { cookie }: PrintedMessage): string[] {
  if (edns === null) return [];
  const named = `${(edns.flags & EdnsFlag.DO) === 0 ? "" : " do"}${(edns.flags & EdnsFlag.CO) === 0 ? "" : " co"}`;
  const unnamed = edns.flags & ~(EdnsFlag.DO | EdnsFlag.CO);
  const rest = unnamed === 0 ? ";" : `; MBZ: 0x${unnamed.toString(16).padStart(4, "0")},`;
  return [
    ";; OPT PSEUDOSECTION:",
    `; EDNS: version: ${edns.version}, flags:${named}${rest} udp: ${edns.udpSize}`,
    ...edns.options.map((option) => optionLine(option, cookie)),
  ];
}

function optionLine(option: EdnsOption, sentCookie: Uint8Array | null): string {
  const line = formatOption(option);
  if (option.code !== cookieOption.code || sentCookie === null || option.data.length === 0) return line;
  return `${line} (${judgeCookie(sentCookie, option.data)})`;
}

function records(title: string, list: readonly ResourceRecord[], settings: Settings): string[] {
  return section(
    title,
    list.map((record) => recordLine(record, settings)),
    settings,
  );
}

/** An empty section is not printed at all. */
function section(title: string, lines: readonly string[], { shown }: Settings): string[] {
  if (lines.length === 0) return [];
  return shown.comments ? [`;; ${title} SECTION:`, ...lines, ""] : [...lines];
}

/** Whether a name is `zone` or below it. */
function isBelow(name: Uint8Array, zone: Uint8Array): boolean {
  let at = 0;
  while (name.length - at > zone.length && name[at] !== 0) at += 1 + name[at]!;
  return equalNames(name.subarray(at), zone);
}
