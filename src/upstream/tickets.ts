/** How many tickets are kept for one server: a TLS 1.3 server gives two at a time. */
const KEPT = 4;

/** How old a ticket may become, in milliseconds: a certificate or pin that was withdrawn is noticed within a day. */
const MAX_AGE = 24 * 3600 * 1000;

/** A session, and when the server last proved who it is in a full handshake that led to it, monotonic ms. */
export interface Ticket {
  readonly session: Buffer;
  readonly since: number;
}

/**
 * TLS session tickets, by the whole identity of who gave them. On a resumed session Node checks neither name nor pins
 * and shows no certificate (RFC 8446 section 4.6.1 carries the authentication over), so the key of a ticket holds all
 * that was checked when it was earned: address, port, name, pins, trust anchors, versions, how much had to be proved, the
 * client certificate, and the rest of `ticketKey`. Whatever of that changes, the ticket is not found and a full handshake
 * checks anew. Only a connection that has proved all that its key stands for may `put`.
 */
export class TicketStore {
  #tickets = new Map<string, Ticket[]>();

  /**
   * The newest ticket for this identity at `now` (monotonic ms); undefined: none. Each is given out once while there is
   * another, and the last one until a newer comes. RFC 8446 appendix C.4 advises against using one twice, as it ties two
   * connections together for whoever watches; ours go from one address to one server, which ties them already. Many
   * servers give no new ticket with a resumed handshake, so that every other handshake would be a full one.
   */
  take(key: string, now: number): Ticket | undefined {
    const tickets = this.#tickets.get(key)?.filter(({ since }) => now - since <= MAX_AGE);
    const newest = tickets?.at(-1);
    if (tickets === undefined || newest === undefined) {
      this.#tickets.delete(key);
      return undefined;
    }
    if (tickets.length > 1) tickets.pop();
    this.#tickets.set(key, tickets);
    return newest;
  }

  /**
   * Keeps a ticket of an authenticated connection. `since`: of its full handshake; a resumed one hands on that of the ticket
   * it was resumed with, else a server that gives a new ticket each time would never be looked at again.
   */
  put(key: string, session: Buffer, since: number): void {
    const tickets = this.#tickets.get(key) ?? [];
    tickets.push({ session, since });
    if (tickets.length > KEPT) tickets.shift();
    this.#tickets.set(key, tickets);
  }

  /** Drops what is kept for this identity: a handshake with one of its tickets came to nothing, the next one is a full one. */
  forget(key: string): void {
    this.#tickets.delete(key);
  }
}
