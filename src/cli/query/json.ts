import { EdnsFlag } from "../../dns/edns/edns.ts";
import type { Edns } from "../../dns/edns/edns.ts";
import { describeOption } from "../../dns/edns/options.ts";
import { Flag } from "../../dns/header.ts";
import type { Question, ResourceRecord } from "../../dns/message.ts";
import { messageRcode } from "../../dns/message.ts";
import { formatName } from "../../dns/name.ts";
import { opcodeName } from "../../dns/opcode.ts";
import { rcodeName } from "../../dns/rcode.ts";
import { describeRdata, formatRdata } from "../../dns/rr/registry.ts";
import { className } from "../../dns/rrclass.ts";
import { typeName } from "../../dns/rrtype.ts";
import { paddingOf } from "./footer.ts";
import { headerFlags } from "../../dns/header-flags.ts";
import type { QueryReply } from "./reply.ts";
import type { Lookup } from "./settings.ts";

/** A reply as one line of JSON: docs/query.md says what each field is. */
export function replyJson(reply: QueryReply): string {
  return JSON.stringify(describeReply(reply));
}

/** The same as an object. */
export function describeReply(described: QueryReply): Record<string, unknown> {
  const { query, message, exchange, server, endpoint, receivedAt } = described;
  const { timing, tls, transport, reply } = exchange;
  return {
    status: rcodeName(messageRcode(message)),
    opcode: opcodeName((message.flags & Flag.OPCODE) >>> 11),
    id: message.id,
    flags: headerFlags(message.flags),
    edns: message.edns === null ? null : describeEdns(message.edns),
    questions: message.questions.map(describeQuestion),
    answers: message.answers.map(describeRecord),
    authorities: message.authorities.map(describeRecord),
    additionals: message.additionals.map(describeRecord),
    server: { address: endpoint.address, port: endpoint.port, name: server.label, transport },
    timing: {
      connect: rounded(timing.connect),
      tls: rounded(timing.tls),
      query: rounded(timing.query),
    },
    tls:
      tls === null
        ? null
        : { ...tls, queryPadding: paddingOf(query.message), replyPadding: paddingOf(message) },
    time: receivedAt.toISOString(),
    size: reply.length,
  };
}

/** What stands in the place of a reply that did not come, as one line of JSON. */
export function failureJson({ name, type, class: rrclass }: Lookup, error: string): string {
  return JSON.stringify({
    error,
    questions: [{ name, type: typeName(type), class: className(rrclass) }],
  });
}

function describeQuestion({ name, type, class: rrclass }: Question): Record<string, unknown> {
  return { name: formatName(name), type: typeName(type), class: className(rrclass) };
}

function describeRecord({ name, type, class: rrclass, ttl, rdata }: ResourceRecord): Record<string, unknown> {
  return {
    ...describeQuestion({ name, type, class: rrclass }),
    ttl,
    data: formatRdata(type, rdata, rrclass),
    fields: describeRdata(type, rdata, rrclass),
  };
}

function describeEdns({ version, flags, udpSize, options }: Edns): Record<string, unknown> {
  return {
    version,
    do: (flags & EdnsFlag.DO) !== 0,
    co: (flags & EdnsFlag.CO) !== 0,
    udpSize,
    options: options.map(describeOption),
  };
}

/** Milliseconds with three digits after the point: what the clock can tell apart. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}
