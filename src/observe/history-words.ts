import type { Outcome } from "./outcome.ts";
import { Texts } from "./texts.ts";

/** The words of the rows: what is text already when a query ends. */
export interface HistoryWords {
  /** `client`: what is kept of the client's address; empty text: nothing. */
  set(row: number, client: string, outcome: Outcome): void;
  /** Forgets what the row holds. */
  clear(row: number): void;
  client(row: number): string;
  /**
   * Copies the client as bytes, into `into` from `at` on. Gives how many, at most `CLIENT`: 0 when nothing is kept, -1 when it does
   * not fit or JSON would escape something of it.
   */
  copyClient(row: number, into: Uint8Array, at: number): number;
  server(row: number): string | null;
  error(row: number): string | null;
}

/** The longest IPv6 address has 39 characters, its scope 1 for the sign and 15 for the interface (IFNAMSIZ). */
const CLIENT = 55;
const CLIENT_SLOT: number = 1 + CLIENT;

/** Whether JSON has a character as it is, and UTF-8 as one byte. */
function isPlain(character: number): boolean {
  return character >= 0x20 && character < 0x7f && character !== 0x22 && character !== 0x5c;
}

/**
 * The words for one thread: references, not copies. The labels are the configuration's own strings and most queries have
 * no error. An address is a fresh string for each query, but the ring has turned before the collector would move it to
 * the old generation: measured with the collector's work, 27 ns a record, against 43 (IPv4) to 74 (IPv6) when its
 * characters are copied.
 */
export class OwnWords implements HistoryWords {
  readonly #clients: string[];
  readonly #servers: (string | null)[];
  readonly #errors: (string | null)[];

  constructor(size: number) {
    this.#clients = Array.from<string>({ length: size }).fill("");
    this.#servers = Array.from<string | null>({ length: size }).fill(null);
    this.#errors = Array.from<string | null>({ length: size }).fill(null);
  }

  set(row: number, client: string, outcome: Outcome): void {
    this.#clients[row] = client;
    this.#servers[row] = outcome.server;
    this.#errors[row] = outcome.error;
  }

  clear(row: number): void {
    this.#clients[row] = "";
    this.#servers[row] = null;
    this.#errors[row] = null;
  }

  client(row: number): string {
    return this.#clients[row]!;
  }

  copyClient(row: number, into: Uint8Array, at: number): number {
    const client = this.#clients[row]!;
    const { length } = client;
    if (length > CLIENT) return -1;
    for (let i = 0; i < length; i++) {
      const character = client.charCodeAt(i);
      if (!isPlain(character)) return -1;
      into[at + i] = character;
    }
    return length;
  }

  server(row: number): string | null {
    return this.#servers[row]!;
  }

  error(row: number): string | null {
    return this.#errors[row]!;
  }
}

/** Labels are those of the configuration; of reasons some carry what a peer said. The newest so many are known. */
const LABELS = 64;
const REASONS = 256;

/** The words for several threads: characters in shared memory, and numbers of texts that each thread has for itself. */
export class SharedWords implements HistoryWords {
  readonly #writer: number;
  readonly #clients: Uint8Array;
  /** Which thread wrote the row, and so in whose texts its numbers are found. */
  readonly #writers: Uint8Array;
  readonly #servers: Int32Array;
  readonly #errors: Int32Array;
  readonly #labels: Texts[] = [];
  readonly #reasons: Texts[] = [];
  #lastServer: string | null = null;
  #lastLabel = 0;

  /** For so many rows and writers, in memory from `at` on, a multiple of 4; this thread writes as the `writer`th. */
  constructor(size: number, writers: number, writer: number, memory: ArrayBufferLike, at: number) {
    this.#writer = writer;
    let from = at;
    this.#servers = new Int32Array(memory, from, size);
    from += size * 4;
    this.#errors = new Int32Array(memory, from, size);
    from += size * 4;
    for (let i = 0; i < writers; i++) {
      this.#labels.push(new Texts(LABELS, memory, from));
      from += Texts.bytes(LABELS);
      this.#reasons.push(new Texts(REASONS, memory, from));
      from += Texts.bytes(REASONS);
    }
    this.#clients = new Uint8Array(memory, from, size * CLIENT_SLOT);
    from += size * CLIENT_SLOT;
    this.#writers = new Uint8Array(memory, from, size);
  }

  /** The size of the memory, in bytes. */
  static bytes(size: number, writers: number): number {
    return size * (4 + 4 + CLIENT_SLOT + 1) + writers * (Texts.bytes(LABELS) + Texts.bytes(REASONS));
  }

  set(row: number, client: string, outcome: Outcome): void {
    const { server, error } = outcome;
    const slot = row * CLIENT_SLOT;
    const length = Math.min(client.length, CLIENT);
    this.#clients[slot] = length;
    for (let i = 0; i < length; i++) this.#clients[slot + 1 + i] = client.charCodeAt(i);
    if (server !== this.#lastServer) {
      this.#lastServer = server;
      this.#lastLabel = numberOf(this.#labels[this.#writer]!, server);
    }
    this.#servers[row] = this.#lastLabel;
    this.#errors[row] = numberOf(this.#reasons[this.#writer]!, error);
    this.#writers[row] = this.#writer;
  }

  clear(row: number): void {
    this.#clients.fill(0, row * CLIENT_SLOT, (row + 1) * CLIENT_SLOT);
    this.#servers[row] = 0;
    this.#errors[row] = 0;
  }

  client(row: number): string {
    const slot = row * CLIENT_SLOT;
    return String.fromCharCode(...this.#clients.subarray(slot + 1, slot + 1 + this.#clients[slot]!));
  }

  copyClient(row: number, into: Uint8Array, at: number): number {
    const slot = row * CLIENT_SLOT;
    const clients = this.#clients;
    const length = Math.min(clients[slot]!, CLIENT);
    for (let i = 0; i < length; i++) {
      const character = clients[slot + 1 + i]!;
      if (!isPlain(character)) return -1;
      into[at + i] = character;
    }
    return length;
  }

  server(row: number): string | null {
    return this.#labels[this.#writers[row]!]?.text(this.#servers[row]!) ?? null;
  }

  error(row: number): string | null {
    return this.#reasons[this.#writers[row]!]?.text(this.#errors[row]!) ?? null;
  }
}

function numberOf(texts: Texts, text: string | null): number {
  if (text === null) return 0;
  const known = texts.find(text);
  return known === 0 ? texts.add(text) : known;
}
