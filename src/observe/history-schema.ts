import { answerSources, type HistoryEntry, type QueryTimes } from "./history-entry.ts";

/** The part of JSON Schema (2020-12) that an entry needs. */
interface FieldSchema {
  readonly type: string | readonly string[];
  readonly description: string;
  readonly const?: number;
  readonly format?: string;
  readonly enum?: readonly (string | null)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

const ms = (description: string): FieldSchema => ({ type: "number", minimum: 0, description });

const size = (description: string): FieldSchema => ({
  type: "integer",
  minimum: 0,
  maximum: 65_535,
  description,
});

const times: Readonly<Record<keyof QueryTimes, FieldSchema>> = {
  wait: ms("until it was given to the server that answered it; failures and slowness of others are in here"),
  connect: ms("for TCP, as far as it had to wait for a new connection"),
  tls: ms("for the handshake of TLS, likewise"),
  send: ms("until it was written to the open connection"),
  answer: ms("until the answer came"),
};

/** Every field of an entry, in its order. */
const fields: Readonly<Record<keyof HistoryEntry, FieldSchema>> = {
  v: { type: "integer", const: 1, description: "the version of this table: 1" },
  time: {
    type: "string",
    format: "date-time",
    description: "when the query was received, ISO 8601 in UTC, with milliseconds",
  },
  client: {
    type: ["string", "null"],
    description:
      "the client's address; its network, as in `192.0.2.0/24`, with `mask-clients`; null with `hide-clients`",
  },
  port: {
    type: ["integer", "null"],
    minimum: 0,
    maximum: 65_535,
    description: "the client's port; null unless privacy is `full`",
  },
  transport: { type: "string", enum: ["udp", "tcp"], description: "`udp` or `tcp`" },
  name: {
    type: ["string", "null"],
    description:
      "the name as the client wrote it, its case kept, with the final dot; null when the question could not be read",
  },
  type: {
    type: ["string", "null"],
    description: "the record type, `TYPE12345` when it has no name; null when the question could not be read",
  },
  class: {
    type: ["string", "null"],
    description: "the class, `IN` for almost all; null when the question could not be read",
  },
  rcode: {
    type: ["string", "null"],
    description: "the response code, such as `NOERROR` or `NXDOMAIN`; null when no answer was sent",
  },
  ms: ms("milliseconds from receiving the query to sending the answer"),
  source: {
    type: ["string", "null"],
    enum: [...answerSources, null],
    description:
      "where the answer came from: `upstream`; `cache`, from memory; `stale`, from memory though its time was over; `local`, dotls itself, such as an error; null when no answer was sent",
  },
  server: {
    type: ["string", "null"],
    description:
      "the upstream that answered, as the configuration writes it; null when dotls answered itself",
  },
  bytes: size("the size of the answer as sent"),
  querySize: size("the size of the query as received"),
  error: {
    type: ["string", "null"],
    description:
      "why dotls answered an error, nothing, or what was over its time, in words; null when all went well",
  },
  id: size("the id of the query"),
  flags: {
    type: ["string", "null"],
    description: "the flags of the answer, as in `qr rd ra`; null when no answer was sent",
  },
  dnssec: { type: "boolean", description: "whether the client asked for DNSSEC records (DO)" },
  udpSize: {
    type: ["integer", "null"],
    minimum: 512,
    maximum: 65_535,
    description: "the size of datagrams that the client can receive, as it says; null without EDNS",
  },
  times: {
    type: ["object", "null"],
    required: Object.keys(times),
    properties: times,
    description:
      "where the time went, in milliseconds, one after the other: `wait`, `connect`, `tls`, `send`, `answer`; null when no upstream answered",
  },
};

/** A JSON Schema (2020-12, and so of OpenAPI 3.1) of `HistoryEntry`: published as docs/history.schema.json. */
export const historySchema: {
  readonly type: "object";
  readonly description: string;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<keyof HistoryEntry, FieldSchema>>;
} = {
  type: "object",
  description: "One query in the history of dotls. Fields are added in later versions, never renamed.",
  required: Object.keys(fields),
  properties: fields,
};
