import type { DecodedMessage } from "../../dns/message.ts";
import type { BuiltQuery } from "./build-query.ts";
import type { Endpoint, ExchangeResult } from "./exchange.ts";
import type { Server } from "./server.ts";

/** A reply with all that can be told of it. */
export interface QueryReply {
  readonly query: BuiltQuery;
  readonly message: DecodedMessage;
  readonly exchange: ExchangeResult;
  readonly server: Server;
  readonly endpoint: Endpoint;
  readonly receivedAt: Date;
}
