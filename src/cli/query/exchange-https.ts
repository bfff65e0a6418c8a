import { type Target, dial } from "../../upstream/dial.ts";
import type { DohOptions } from "../../upstream/doh-request.ts";
import type { LinkOwner } from "../../upstream/link.ts";
import type { TicketStore } from "../../upstream/tickets.ts";
import { ShownLink, WholeExchange } from "../reach/https-link.ts";
import type { BuiltQuery } from "./build-query.ts";
import { ExchangeError, type ExchangeResult, type TlsFacts } from "./exchange.ts";
import { factsOf } from "./exchange-tls.ts";

/**
 * Sends the query over HTTPS to an authenticated server and waits for its answer, `timeout` ms at most: the server's own
 * link, so that what the one accepts and refuses, the other does too. Rejects with ExchangeError; when the server is not who
 * it must be, nothing was sent.
 */
export function exchangeHttps(
  query: BuiltQuery,
  timeout: number,
  target: Target,
  options: DohOptions,
  tickets: TicketStore,
): Promise<ExchangeResult> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let opened: { connect: number; tls: number; facts: TlsFacts } | null = null;
    const exchange = new WholeExchange(query, (result) => {
      const receivedAt = performance.now();
      if ("kind" in result) fail(result.text);
      else if (opened !== null) {
        const timing = { connect: opened.connect, tls: opened.tls, query: receivedAt - sentAt };
        resolve({ reply: result, transport: "HTTPS", timing, tls: opened.facts });
        stop();
      }
    });
    const owner: LinkOwner = {
      singly: false,
      onOpen() {
        const { socket, connectMs, handshakeMs, resumed } = link.dialed!;
        opened = { connect: connectMs, tls: handshakeMs, facts: factsOf(socket, target, resumed) };
        sentAt = performance.now();
        link.ask(exchange, sentAt);
      },
      onEnd: (_link, failure) => fail(failure.text),
      onAnswer() {},
      onDrained() {},
      onMismatch() {},
    };
    const link = new ShownLink(target, options, (listener) => dial(target, tickets, listener, "h2"), owner);
    const timer = setTimeout(() => fail("timed out"), timeout);
    function stop(): void {
      clearTimeout(timer);
      link.close();
    }
    function fail(reason: string): void {
      // First: closing the link tells the exchange so, and this is the better reason.
      reject(new ExchangeError(reason, opened === null));
      stop();
    }
  });
}
