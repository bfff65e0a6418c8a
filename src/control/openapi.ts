import { z } from "zod";
import { historyQueryKeys } from "../observe/history-filter.ts";
import { TREND_SPANS } from "../observe/trend.ts";
import { packageVersion } from "../version.ts";
import { apiSchemas } from "./api-schemas.ts";
import { CONTROL_VERSION } from "./protocol.ts";

type Json = Readonly<Record<string, unknown>>;

/** One way to ask the API. */
interface Operation {
  readonly method: "get" | "post" | "put" | "delete";
  readonly path: string;
  readonly summary: string;
  readonly parameters?: readonly Json[];
  /** The media type, and the schema by its name; an array of it where `many` is set. */
  readonly answer: { readonly type: string; readonly schema?: string; readonly many?: boolean };
  /** Needs no token. */
  readonly open?: boolean;
  /** Other answers than 200, 400 and 404. */
  readonly also?: Readonly<Record<string, string>>;
}

const JSON_TYPE = "application/json";

function json(schema: string, many = false): Operation["answer"] {
  return { type: JSON_TYPE, schema, many };
}

function parameter(
  name: string,
  description: string,
  schema: Json = { type: "string" },
  required = false,
): Json {
  return { name, in: "query", description, required, schema };
}

const filterWords: Readonly<Record<(typeof historyQueryKeys)[number], string>> = {
  since: "received at this time or later, ISO 8601",
  until: "received before this time, ISO 8601",
  name: "a name; `*` and `?` stand for others",
  rcode: "a response code; `none` for queries without an answer",
  type: "a record type",
  client: "an address of a client; `*` and `?` stand for others",
  source: "where the answer came from; `none` for queries without one",
  upstream: "the label of the upstream that answered; `*` and `?` stand for others",
  slow: "took so long or longer, as in `100ms`",
};

const filters = historyQueryKeys.map((key) => parameter(key, filterWords[key]));
const limit = parameter("limit", "the last so many", { type: "integer", minimum: 0 });
const by = parameter("by", "who asks, for the log");

/** Every way to ask the API, in the order of docs/api.md. A test holds it against the routes there are. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/livez",
    summary: "Whether the process answers queries, whatever the upstreams do.",
    answer: { type: "text/plain" },
    open: true,
    also: { "503": "It does not; the text says why." },
  },
  {
    method: "get",
    path: "/readyz",
    summary: "Whether it should get queries; not while it stops.",
    answer: { type: "text/plain" },
    open: true,
    also: { "503": "It should not; the text says why." },
  },
  { method: "get", path: "/metrics", summary: "Metrics for Prometheus.", answer: { type: "text/plain" } },
  { method: "get", path: "/v1/status", summary: "The server at this moment.", answer: json("Status") },
  {
    method: "get",
    path: "/v1/upstreams",
    summary: "All that is known of each upstream.",
    answer: json("Upstream", true),
  },
  {
    method: "post",
    path: "/v1/upstreams/test",
    summary:
      "Asks an upstream for the name servers of its route, or of the root, now and on a connection of its own; one answer for each of its addresses.",
    parameters: [parameter("label", "as in /v1/upstreams", { type: "string" }, true)],
    answer: json("Test", true),
  },
  {
    method: "get",
    path: "/v1/config",
    summary: "Every option in force, and where its value comes from.",
    answer: json("Config"),
  },
  {
    method: "get",
    path: "/v1/explain",
    summary: "What would answer a question now, and why. Nobody is asked.",
    parameters: [
      parameter("name", "a name", { type: "string" }, true),
      parameter("type", "a record type; A without it"),
      parameter("client", "the IP address of who asks; without it, somebody who may"),
    ],
    answer: json("Explanation"),
  },
  {
    method: "get",
    path: "/v1/history",
    summary: "The last queries, oldest first, one JSON object a line (docs/history.md).",
    parameters: [
      ...filters,
      limit,
      parameter("follow", "go on with new ones", { type: "string", enum: ["0", "1"] }),
    ],
    answer: { type: "application/x-ndjson" },
  },
  {
    method: "delete",
    path: "/v1/history",
    summary: "Forgets all queries, in memory and on disk.",
    answer: json("Forgotten"),
  },
  {
    method: "get",
    path: "/v1/live",
    summary:
      "The queries as they end, as a stream of events: `query` with a line of the history, `lost` with how many were too many.",
    parameters: [...filters.filter(({ name }) => name !== "since" && name !== "until"), limit],
    answer: { type: "text/event-stream" },
  },
  {
    method: "get",
    path: "/v1/trend",
    summary: "How the counts moved.",
    parameters: [parameter("span", "how far back", { type: "string", enum: TREND_SPANS })],
    answer: json("Trend"),
  },
  {
    method: "get",
    path: "/v1/insights",
    summary: "What stands out in the history: frequent names, clients, failures, slow ones.",
    answer: json("Insights"),
  },
  {
    method: "post",
    path: "/v1/flush",
    summary: "Forgets answers.",
    parameters: [parameter("name", "of this name, or with `*.` of all below it; all without it")],
    answer: json("Removed"),
  },
  {
    method: "post",
    path: "/v1/reload",
    summary: "Takes the configuration anew. One that is bad changes nothing.",
    answer: json("Reloaded"),
  },
  {
    method: "put",
    path: "/v1/bypass",
    summary: "Lets queries leave unencrypted for a while.",
    parameters: [parameter("for", "a duration, as in `10m`", { type: "string" }, true), by],
    answer: json("Bypass"),
  },
  {
    method: "delete",
    path: "/v1/bypass",
    summary: "Ends that.",
    parameters: [by],
    answer: json("Bypass"),
  },
  {
    method: "get",
    path: "/v1/openapi.json",
    summary: "This description.",
    answer: { type: JSON_TYPE },
  },
];

/** The description of the API, as OpenAPI 3.1 has it. */
export function openApi(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method] = described(operation);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "dotls",
      version: `${CONTROL_VERSION}.0`,
      description: `The control API of dotls ${packageVersion()}: on its control socket, and on control.http.`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: Object.fromEntries(
        Object.entries(apiSchemas).map(([name, schema]) => [name, schemaOf(schema)]),
      ),
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
    security: [{ token: [] }, {}],
  };
}

function described({ method, path, summary, parameters, answer, open, also }: Operation): Json {
  const problem = (description: string): Json => ({
    description,
    content: { [JSON_TYPE]: { schema: reference("Error") } },
  });
  const schema =
    answer.schema === undefined
      ? { type: answer.type === JSON_TYPE ? "object" : "string" }
      : answer.many === true
        ? { type: "array", items: reference(answer.schema) }
        : reference(answer.schema);
  return {
    operationId: `${method}${path.replaceAll(/[/.]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    ...(parameters && { parameters }),
    ...(open === true && { security: [] }),
    responses: {
      "200": { description: "OK", content: { [answer.type]: { schema } } },
      ...Object.fromEntries(Object.entries(also ?? {}).map(([code, description]) => [code, { description }])),
      ...(parameters && {
        "400": problem("A parameter cannot be understood, or what is asked for cannot be done."),
      }),
      ...(open !== true && { "401": problem("Over HTTP: the token is missing or wrong.") }),
      "403": problem("Over HTTP: a page of another site asks."),
    },
  };
}

function reference(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` };
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
}
