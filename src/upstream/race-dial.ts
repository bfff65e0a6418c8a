import { STEP_TIMEOUT } from "./dial.ts";
import type { Failure } from "./failure.ts";
import { Staggered, jointFailure } from "./staggered.ts";

/** How long an address has before the next one is tried beside it, in ms (RFC 8305 section 5). */
const NEXT_ADDRESS = 250;

/** When all known addresses have failed and others are still being looked for: how long those are waited for, in ms. */
const LAST_HOPE = 300;

/** Somebody who knows where a server is, or is finding out. */
export interface Whereabouts {
  /** The addresses where it may be, as far as is known now, best first. Asking means that somebody wants to go there. */
  places(): readonly string[];
  /** Resolves when there is something to try, or looking for it came to nothing. Never rejects. */
  ready(): Promise<void>;
  /** Resolves when nothing more is being looked for. Never rejects. */
  settled(): Promise<void>;
  /** Why no address is known. */
  readonly reason: Failure;
  /** A connection to this address came about. */
  opened(address: string): void;
  /** One did not. */
  failed(address: string, failure: Failure): void;
  /** All known addresses have failed. */
  lost(failure: Failure): void;
}

/** Who hears of a dial, as `DialListener` in dial.ts, whatever kind of connection it is. */
export interface RaceListener<Opened> {
  onOpen(opened: Opened): void;
  onFailure(failure: Failure): void;
  onBytes(bytes: Buffer, length: number): void;
}

/**
 * Dials all addresses of a server (RFC 8305): the best first, the next one 250 ms later or as soon as one fails. The first
 * connection that is open, and for TLS that means authenticated, is passed on; the other attempts end. When no address is
 * known yet, it waits for one as long as for a connection; addresses that become known while it runs are tried as well. When
 * all have failed, there is one failure that names each. Gives the function that ends it, as `dial` does.
 */
export function raceDial<Opened>(
  where: Whereabouts,
  dialOne: (address: string, listener: RaceListener<Opened>) => (politely: boolean) => void,
  listener: RaceListener<Opened>,
): (politely: boolean) => void {
  const ends = new Map<string, (politely: boolean) => void>();
  const known = new Set<string>();
  let failures = 0;
  let winner: string | null = null;
  let limit: NodeJS.Timeout | undefined;

  const race = new Staggered<string, Opened>({
    delay: NEXT_ADDRESS,
    start: (address, attempt) => {
      const end = dialOne(address, {
        onOpen: (opened) => attempt.onWon(opened),
        onFailure: (failure) => {
          // TLS may still refuse a connection that was open already.
          if (winner === address) listener.onFailure(failure);
          else {
            where.failed(address, failure);
            if (++failures === known.size) endIn(LAST_HOPE);
            attempt.onFailure(failure);
          }
        },
        onBytes: (bytes, length) => listener.onBytes(bytes, length),
      });
      ends.set(address, end);
      return () => end(false);
    },
    onWon: (opened, address) => {
      winner = address;
      clearTimeout(limit);
      where.opened(address);
      listener.onOpen(opened);
    },
    onLost: (failed) => {
      clearTimeout(limit);
      if (failed.length === 0) {
        listener.onFailure(where.reason);
        return;
      }
      const failure = jointFailure(failed.map(({ item, failure }) => ({ label: item, failure })));
      where.lost(failure);
      listener.onFailure(failure);
    },
  });

  function endIn(ms: number): void {
    clearTimeout(limit);
    limit = setTimeout(() => race.end(), ms);
  }

  function take(): void {
    if (race.over) return;
    const fresh = where.places().filter((address) => !known.has(address));
    for (const address of fresh) known.add(address);
    race.add(fresh);
  }

  // Asynchronous to the last bit: whoever dials does not have the function that ends it yet.
  async function gather(): Promise<void> {
    await where.ready();
    take();
    await where.settled();
    take();
    race.end();
  }

  endIn(STEP_TIMEOUT);
  void gather();

  return (politely) => {
    clearTimeout(limit);
    if (winner === null) race.cancel();
    else ends.get(winner)?.(politely);
  };
}
