import { isIPv6 } from "node:net";
import type { Message } from "../dns/message.ts";
import { parseName } from "../dns/name.ts";
import { RrType } from "../dns/rrtype.ts";
import { type Family, type Found, addressesIn } from "./bootstrap-answer.ts";
import { type PlainServer, askPlain } from "./bootstrap-exchange.ts";
import type { Failure } from "./failure.ts";
import { type Attempt, Staggered, jointFailure } from "./staggered.ts";

/** How long a resolver has before the next one is asked as well, in ms. */
const NEXT_SERVER = 300;

const NONE_CONFIGURED: Failure = { kind: "bootstrap", text: "no bootstrap resolver is configured" };
const NO_RECORDS: Failure = { kind: "bootstrap", text: "no address" };
const GIVEN_UP: Failure = { kind: "closed", text: "given up" };

/**
 * Finds the addresses of upstreams that are known by name, at plain resolvers with known addresses: never through
 * ourselves and never through the system, whose resolver may be ourselves. That a plain answer can be forged is no matter:
 * the server at the address must prove its name (RFC 8310 section 7.3).
 */
export class Bootstrap {
  readonly #servers: readonly PlainServer[];
  /** Which one is asked first: the one that last knew something. */
  #first = 0;

  constructor(servers: readonly PlainServer[]) {
    this.#servers = servers;
  }

  /**
   * The addresses of one family that a name has. A resolver that does not answer within 300 ms, fails or knows nothing is
   * followed by the next one; the first addresses count. Never rejects. `signal` gives it up.
   */
  lookup(name: string, family: Family, signal: AbortSignal): Promise<Found | Failure> {
    if (this.#servers.length === 0) return Promise.resolve(NONE_CONFIGURED);
    if (signal.aborted) return Promise.resolve(GIVEN_UP);
    const wire = parseName(name.endsWith(".") ? name : `${name}.`);
    const type = family === 4 ? RrType.A : RrType.AAAA;
    return new Promise((resolve) => {
      const giveUp = (): void => {
        race.cancel();
        resolve(GIVEN_UP);
      };
      const end = (result: Found | Failure): void => {
        signal.removeEventListener("abort", giveUp);
        resolve(result);
      };
      const race = new Staggered<PlainServer, Found>({
        delay: NEXT_SERVER,
        start: (server, attempt) => {
          const ending = new AbortController();
          void askPlain(server, { name: wire, type }, ending.signal).then((answer) =>
            judge(answer, wire, family, attempt),
          );
          return () => ending.abort();
        },
        onWon: (found, server) => {
          this.#first = this.#servers.indexOf(server);
          end(found);
        },
        onLost: (failures) => {
          // One that answered that there is nothing outweighs those that did not answer.
          if (failures.some(({ failure }) => failure === NO_RECORDS)) end({ addresses: [], ttl: 0 });
          else {
            end(jointFailure(failures.map(({ item, failure }) => ({ label: written(item), failure }))));
          }
        },
      });
      signal.addEventListener("abort", giveUp);
      race.add([...this.#servers.slice(this.#first), ...this.#servers.slice(0, this.#first)]);
      race.end();
    });
  }
}

function judge(answer: Message | Failure, name: Uint8Array, family: Family, attempt: Attempt<Found>): void {
  const found = "kind" in answer ? answer : addressesIn(answer, name, family);
  if ("kind" in found) attempt.onFailure(found);
  else if (found.addresses.length === 0) attempt.onFailure(NO_RECORDS);
  else attempt.onWon(found);
}

/** For people: the port only where it is another than that of DNS. */
export function written({ address, port }: PlainServer): string {
  if (port === 53) return address;
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
