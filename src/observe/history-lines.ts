import { rcodeName } from "../dns/rcode.ts";
import { className } from "../dns/rrclass.ts";
import { typeName } from "../dns/rrtype.ts";
import { type Fragment, Fragments, fragmentOf } from "./fragments.ts";
import { type HistoryColumns, NAME_SLOT, TIMES } from "./history-columns.ts";
import type { RowTaker } from "./history-cursor.ts";
import { answerSources } from "./history-entry.ts";
import { historyLine } from "./history-line.ts";
import { isoTime } from "./iso-time.ts";
import { LineBytes } from "./line-bytes.ts";
import { Source } from "./outcome.ts";
import { flagNames } from "./reply-flags.ts";

/** Fragments for combinations of type, class and code; a power of two. */
const KINDS = 256;

/** Characters of a name that neither master-file text nor JSON escapes. */
const plain = new Uint8Array(256);
for (let byte = 0x21; byte < 0x7f; byte++)
  if (!'"().;\\@$'.includes(String.fromCharCode(byte))) plain[byte] = 1;

interface Kind {
  readonly type: number;
  readonly class: number;
  readonly rcode: number;
  readonly fragment: Fragment;
}

const DOT = 0x2e;
const COMMA_PORT = fragmentOf(',"port":');
const QUOTE_PORT = fragmentOf('","port":');
const UDP_NAME = fragmentOf(',"transport":"udp","name":"');
const TCP_NAME = fragmentOf(',"transport":"tcp","name":"');
const CLIENT = fragmentOf('Z","client":"');
const NO_CLIENT = fragmentOf('Z","client":null');
const NULL = fragmentOf("null");
const QUERY_SIZE = fragmentOf(',"querySize":');
const NO_TIMES = fragmentOf(',"times":null}\n');
const TIME_PARTS: readonly Fragment[] = [
  fragmentOf(',"times":{"wait":'),
  fragmentOf(',"connect":'),
  fragmentOf(',"tls":'),
  fragmentOf(',"send":'),
  fragmentOf(',"answer":'),
];
const END = fragmentOf("}}\n");

/**
 * Lines of the history, one behind the other in one buffer: those of `historyLine`, byte for byte, in a small part of its time
 * and without an object for each, as a busy server writes more than 100,000 in a second. What is rare goes by `historyLine`.
 */
export class HistoryLines implements RowTaker {
  readonly #bytes = new LineBytes();
  /** Where the last line begins. */
  #last = 0;
  #count = 0;
  #second = Number.NaN;
  #upToSecond: Fragment = NULL;
  readonly #kinds: (Kind | undefined)[] = Array.from({ length: KINDS });
  /** By the number of the source; the last is for queries without an answer. */
  readonly #servers = [...answerSources, null].map(
    (source) =>
      new Fragments<string | null>(
        (server) => `,"source":${JSON.stringify(source)},"server":${JSON.stringify(server)},"bytes":`,
      ),
  );
  readonly #errors = new Fragments<string | null>((error) => `,"error":${JSON.stringify(error)},"id":`);
  /** By the flags and, as the lowest bit, DO; below zero where no answer was sent. */
  readonly #flags = new Fragments<number>((key) => {
    const names = key < 0 ? null : flagNames(key >> 1);
    return `,"flags":${JSON.stringify(names)},"dnssec":${(key & 1) === 1},"udpSize":`;
  });

  /** How many lines there are. */
  get count(): number {
    return this.#count;
  }

  /** The lines; valid until one is added. */
  get bytes(): Buffer {
    return this.#bytes.written;
  }

  /** Begins anew, with no line. */
  clear(): void {
    this.#bytes.length = 0;
    this.#last = 0;
    this.#count = 0;
  }

  /** Adds the line of a query. */
  take(columns: HistoryColumns, row: number): void {
    const bytes = this.#bytes;
    this.#last = bytes.length;
    this.#count++;
    if (this.#write(columns, row)) return;
    bytes.length = this.#last;
    bytes.text(historyLine(columns.entry(row)));
  }

  /** Takes the last line away again. */
  drop(): void {
    this.#bytes.length = this.#last;
    this.#count--;
  }

  /** False where the query is one of the rare ones; then a piece of the line is there. */
  #write(columns: HistoryColumns, row: number): boolean {
    const bytes = this.#bytes;
    const nameLength = columns.nameLength[row]!;
    if (nameLength === 0) return false;
    this.#time(Math.trunc(columns.time[row]!));
    bytes.fragment(CLIENT);
    const clientAt = bytes.length;
    const client = columns.words.copyClient(row, bytes.target, clientAt);
    if (client < 0) return false;
    if (client > 0) {
      bytes.length = clientAt + client;
      bytes.fragment(QUOTE_PORT);
    } else {
      bytes.length = clientAt - CLIENT.length;
      bytes.fragment(NO_CLIENT);
      bytes.fragment(COMMA_PORT);
    }
    if (columns.hasPorts) bytes.number(columns.port[row]!);
    else bytes.fragment(NULL);
    bytes.fragment(columns.isTcp(row) ? TCP_NAME : UDP_NAME);
    if (!this.#name(columns.names, row * NAME_SLOT, nameLength)) return false;
    const rcode = columns.rcode[row]!;
    bytes.fragment(this.#kind(columns.type[row]!, columns.class[row]!, rcode));
    const us = Math.round(columns.duration[row]! * 1000);
    if (!bytes.thousandths(us)) return false;
    const source = rcode < 0 ? answerSources.length : columns.source(row);
    bytes.fragment(this.#servers[source]!.of(columns.words.server(row)));
    bytes.number(columns.replySize[row]!);
    bytes.fragment(QUERY_SIZE);
    bytes.number(columns.querySize[row]!);
    bytes.fragment(this.#errors.of(columns.words.error(row)));
    bytes.number(columns.id[row]!);
    const flags = rcode < 0 ? -1 : columns.flags[row]!;
    bytes.fragment(this.#flags.of((flags << 1) | (columns.dnssecOk(row) ? 1 : 0)));
    if (columns.hasEdns(row)) bytes.number(columns.udpSize[row]!);
    else bytes.fragment(NULL);
    return source === Source.UPSTREAM ? this.#times(columns.times, row * TIMES) : this.#noTimes();
  }

  #time(ms: number): void {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#upToSecond = fragmentOf(`{"v":1,"time":"${isoTime(ms).slice(0, -4)}`);
      this.#second = second;
    }
    this.#bytes.fragment(this.#upToSecond);
    this.#bytes.threeDigits(ms - second * 1000);
  }

  #name(names: Uint8Array, slot: number, length: number): boolean {
    const { target } = this.#bytes;
    let at = this.#bytes.length;
    // The text is the wire form one byte to the left, with dots in the places of the lengths; the root is a dot alone.
    let dotAt = slot + 1 + names[slot]!;
    for (let from = slot + 1, end = slot + length; from < end; from++) {
      const byte = names[from]!;
      if (from === dotAt) {
        target[at++] = DOT;
        dotAt += 1 + byte;
      } else {
        if (plain[byte] === 0) return false;
        target[at++] = byte;
      }
    }
    if (length === 1) target[at++] = DOT;
    this.#bytes.length = at;
    return true;
  }

  #kind(type: number, clas: number, rcode: number): Fragment {
    const slot = (type ^ (clas << 3) ^ (rcode << 5)) & (KINDS - 1);
    const known = this.#kinds[slot];
    if (known !== undefined && known.type === type && known.class === clas && known.rcode === rcode)
      return known.fragment;
    const code = rcode < 0 ? null : rcodeName(rcode);
    const fragment = fragmentOf(
      `","type":${JSON.stringify(typeName(type))},"class":${JSON.stringify(className(clas))},"rcode":${JSON.stringify(code)},"ms":`,
    );
    this.#kinds[slot] = { type, class: clas, rcode, fragment };
    return fragment;
  }

  #noTimes(): boolean {
    this.#bytes.fragment(NO_TIMES);
    return true;
  }

  #times(times: Int32Array, at: number): boolean {
    const bytes = this.#bytes;
    for (let part = 0; part < TIMES; part++) {
      bytes.fragment(TIME_PARTS[part]!);
      if (!bytes.thousandths(times[at + part]!)) return false;
    }
    bytes.fragment(END);
    return true;
  }
}
