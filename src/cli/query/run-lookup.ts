import { cookie as cookieOption, judgeCookie } from "../../dns/edns/cookie.ts";
import { Flag } from "../../dns/header.ts";
import type { DecodedMessage, Message } from "../../dns/message.ts";
import { decodeMessage, messageRcode } from "../../dns/message.ts";
import { Rcode } from "../../dns/rcode.ts";
import { WireError } from "../../dns/text-errors.ts";
import { TicketStore } from "../../upstream/tickets.ts";
import { replyFilter } from "./accept.ts";
import type { BuiltQuery } from "./build-query.ts";
import { buildQuery, queryName } from "./build-query.ts";
import type { ExchangeRequest, ExchangeResult } from "./exchange.ts";
import { ExchangeError } from "./exchange.ts";
import { exchangeHttps } from "./exchange-https.ts";
import { exchangeTcp, exchangeUdp } from "./exchange-plain.ts";
import { exchangeTls } from "./exchange-tls.ts";
import type { QueryReply } from "./reply.ts";
import type { Server } from "./server.ts";
import type { GlobalSettings, Lookup } from "./settings.ts";
import { portOf, tlsTarget } from "./target.ts";

/** What a lookup tells while it runs. */
export interface LookupEvents {
  /** Something is wrong: always said. */
  warning(text: string): void;
  /** Something goes on: said when comments are shown. */
  comment(text: string): void;
  /** A query goes out. */
  sending(query: BuiltQuery): void;
}

/** The reply, or why there is none: `malformed` has the bytes of one that could not be read. */
export type LookupOutcome =
  | { readonly kind: "reply"; readonly reply: QueryReply }
  | { readonly kind: "silence"; readonly reason: string }
  | { readonly kind: "malformed"; readonly reason: string; readonly bytes: Uint8Array };

/** Above this a query goes over TCP at once, as dig does it (RFC 1035 section 4.2.1). */
const MAX_UDP_QUERY = 512;

/** dig's seconds for one attempt. */
const [UDP_TIMEOUT, STREAM_TIMEOUT] = [5, 10];

/** So often a reply may make us ask again in another manner (truncated, BADCOOKIE twice, BADVERS): no server can keep us busy. */
const MAX_REASKS = 4;

/** How the next attempt is made; a reply can change it. */
interface Manner {
  readonly tcp: boolean;
  readonly cookie: Uint8Array | null;
  readonly ednsVersion: number | null;
  readonly cookieRefused: boolean;
}

/** What one lookup has learned: it holds for its further tries too. */
interface Progress {
  manner: Manner;
  /** How often a reply may still change the manner. */
  asksLeft: number;
}

/** Runs lookups one after the other. TLS sessions are kept between them. */
export class LookupRunner {
  readonly #globals: GlobalSettings;
  readonly #tickets = new TicketStore();

  constructor(globals: GlobalSettings) {
    this.#globals = globals;
  }

  /**
   * Asks the servers in their order. As in dig, the first gets all tries, each other one; an answer that asks for
   * another manner (TCP, a new cookie, a lower EDNS version) is followed. Throws UsageError for the name.
   */
  async run(lookup: Lookup, servers: readonly Server[], events: LookupEvents): Promise<LookupOutcome> {
    queryName(lookup.name);
    const progress: Progress = {
      manner: { tcp: lookup.tcp, cookie: null, ednsVersion: lookup.edns, cookieRefused: false },
      asksLeft: MAX_REASKS,
    };
    let reason = "no server to ask";
    let tries = lookup.tries;
    for (const server of servers) {
      for (; tries > 0; tries -= 1) {
        const outcome = await this.#ask(lookup, server, progress, events);
        if (outcome.kind !== "silence") return outcome;
        reason = outcome.reason;
      }
      tries = 1;
    }
    return { kind: "silence", reason };
  }

  async #ask(
    lookup: Lookup,
    server: Server,
    progress: Progress,
    events: LookupEvents,
  ): Promise<LookupOutcome> {
    for (;;) {
      const { manner } = progress;
      const query = buildQuery({ ...lookup, edns: manner.ednsVersion }, manner.cookie);
      const tcp = manner.tcp || query.bytes.length > MAX_UDP_QUERY;
      events.sending(query);
      let exchange: ExchangeResult;
      try {
        exchange = await this.#exchange(lookup, server, query, tcp, events);
      } catch (error) {
        if (!(error instanceof ExchangeError)) throw error;
        return { kind: "silence", reason: error.message };
      }
      const receivedAt = new Date();
      let message: DecodedMessage;
      try {
        message = decodeMessage(exchange.reply);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        return { kind: "malformed", reason: error.message, bytes: exchange.reply };
      }
      const next = progress.asksLeft > 0 ? nextManner(lookup, manner, query, message, tcp, events) : null;
      if (next === null) {
        warnOfCookie(query.cookie, message, events);
        const endpoint = { address: server.address, port: portOf(server, lookup, this.#globals) };
        return { kind: "reply", reply: { query, message, exchange, server, endpoint, receivedAt } };
      }
      progress.manner = next;
      progress.asksLeft -= 1;
    }
  }

  async #exchange(
    lookup: Lookup,
    server: Server,
    query: BuiltQuery,
    tcp: boolean,
    events: LookupEvents,
  ): Promise<ExchangeResult> {
    const port = portOf(server, lookup, this.#globals);
    const endpoint = `${server.address}#${port}`;
    const seconds = lookup.timeout ?? (lookup.tls || tcp ? STREAM_TIMEOUT : UDP_TIMEOUT);
    const request: ExchangeRequest = {
      server: { address: server.address, port },
      query: query.bytes,
      timeout: seconds * 1000,
      source: this.#globals.source,
      accept: replyFilter(query.message, (text) => events.warning(text)),
    };
    try {
      const { target, https } = server.way ?? { target: null, https: null };
      if (target !== null && https !== null)
        return await exchangeHttps(query, request.timeout, target, https, this.#tickets);
      if (lookup.tls)
        return await exchangeTls(request, target ?? tlsTarget(server, port, lookup), this.#tickets);
      return tcp ? await exchangeTcp(request) : await exchangeUdp(request);
    } catch (error) {
      if (error instanceof ExchangeError) {
        const what = error.connecting
          ? `Connection to ${endpoint}(${server.label}) for ${lookup.name} failed: ${error.message}.`
          : `communications error to ${endpoint}: ${error.message}`;
        events.warning(what);
      }
      throw error;
    }
  }
}

/** What a reply makes us do instead of showing it; null: it is shown. */
function nextManner(
  lookup: Lookup,
  manner: Manner,
  query: BuiltQuery,
  message: Message,
  tcp: boolean,
  events: LookupEvents,
): Manner | null {
  const { edns } = message;
  const rcode = messageRcode(message);
  const cookie = ourCookie(query.cookie, message);
  if (rcode === Rcode.BADVERS && edns !== null && edns.version < (manner.ednsVersion ?? 0)) {
    events.comment(`BADVERS, retrying with EDNS version ${edns.version}.`);
    return { ...manner, ednsVersion: edns.version };
  }
  if (lookup.tls) return null;
  if ((message.flags & Flag.TC) !== 0 && !lookup.ignoreTruncation && !tcp) {
    events.comment("Truncated, retrying in TCP mode.");
    return { ...manner, tcp: true, cookie: cookie ?? manner.cookie };
  }
  if (rcode === Rcode.BADCOOKIE && !tcp && lookup.retryBadCookie && cookie !== null) {
    events.comment(`BADCOOKIE, retrying${manner.cookieRefused ? " in TCP mode" : ""}.`);
    return { ...manner, cookie, cookieRefused: true, tcp: manner.cookieRefused };
  }
  return null;
}

/** The reply's cookie, when it is for us: it is sent the next time. */
function ourCookie(sent: Uint8Array | null, message: Message): Uint8Array | null {
  const received = receivedCookie(message);
  return sent !== null && received !== null && judgeCookie(sent, received) !== "bad" ? received : null;
}

function warnOfCookie(sent: Uint8Array | null, message: Message, events: LookupEvents): void {
  const received = receivedCookie(message);
  if (sent === null || received === null || judgeCookie(sent, received) !== "bad") return;
  const short = sent.length < 8 || received.length < 8;
  events.warning(`Warning: ${short ? "COOKIE bad token (too short)" : "Client COOKIE mismatch"}`);
}

function receivedCookie({ edns }: Message): Uint8Array | null {
  return edns?.options.find(({ code }) => code === cookieOption.code)?.data ?? null;
}
