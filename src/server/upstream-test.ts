import type { UpstreamTest } from "../control/explanation.ts";
import { HEADER_LENGTH, writeU16 } from "../dns/header.ts";
import { formatName, parseName } from "../dns/name.ts";
import { rcodeName } from "../dns/rcode.ts";
import { ReplyView } from "../dns/reply-view.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import { Exchange } from "../upstream/exchange.ts";
import type { Failure } from "../upstream/failure.ts";
import type { Link, LinkInfo, LinkOwner } from "../upstream/link.ts";
import { type ForwardedQuestion, queryLength, writeQuery } from "../upstream/query-writer.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** How long it may take altogether, ms: name, connection, TLS and answer. */
const PATIENCE = 6000;

const ROOT = new Uint8Array(1);

/**
 * Asks a server for the name servers of a zone on a link of its own, whatever is known of its health, and says how that went.
 * Its other links and what is counted of it do not change by it. `zone`, in text, is one that it is there for: who knows
 * only that one may refuse others. Any answer shows that it lives.
 */
export function testUpstream(upstream: Upstream, zone: string): Promise<UpstreamTest> {
  return new Promise((resolve) => {
    const test = new Test(upstream, parseName(zone, ROOT), resolve);
    test.start();
  });
}

class Test extends Exchange implements LinkOwner {
  readonly question: Uint8Array;
  readonly questionEnd: number;
  readonly singly = true;
  #upstream: Upstream;
  #resolve: (test: UpstreamTest) => void;
  #link: Link | null = null;
  #info: LinkInfo | null = null;
  #rcode: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #told = false;

  constructor(upstream: Upstream, zone: Uint8Array, resolve: (test: UpstreamTest) => void) {
    super();
    this.questionEnd = HEADER_LENGTH + zone.length + 4;
    this.question = new Uint8Array(this.questionEnd);
    this.question.set(zone, HEADER_LENGTH);
    writeU16(this.question, this.questionEnd - 4, RrType.NS);
    writeU16(this.question, this.questionEnd - 2, RrClass.IN);
    this.#upstream = upstream;
    this.#resolve = resolve;
  }

  start(): void {
    const { blocked } = this.#upstream;
    if (blocked !== null) {
      this.#tell(blocked.text);
      return;
    }
    this.#timer = setTimeout(() => this.#tell(`no answer within ${PATIENCE / 1000} s`), PATIENCE);
    this.#link = this.#upstream.openLink(this);
    this.#link.ask(this, performance.now());
  }

  length(form: number): number {
    return queryLength(this.#asked, form, true);
  }

  write(out: Buffer, at: number, form: number): void {
    writeQuery(this.#asked, out, at, form, true);
  }

  get #asked(): ForwardedQuestion {
    const { question, questionEnd } = this;
    return { bytes: question, questionEnd, flags: 0, dnssecOk: false };
  }

  doubted(): void {
    // Its time is bounded as it is.
  }

  answered(bytes: Uint8Array, start: number, end: number): boolean {
    const view = new ReplyView();
    if (!view.read(bytes, start, end)) return false;
    this.#rcode = view.rcode;
    return true;
  }

  lost(failure: Failure): void {
    this.#tell(failure.text);
  }

  onOpen(_link: Link, info: LinkInfo): void {
    this.#info = info;
  }

  onAnswer(): void {
    this.#tell(null);
  }

  onEnd(_link: Link, failure: Failure): void {
    this.#tell(failure.text);
  }

  onDrained(): void {
    // One query is no batch.
  }

  onMismatch(): void {
    // The answer may still come.
  }

  #tell(error: string | null): void {
    if (this.#told) return;
    this.#told = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const info = this.#info;
    const { label, place } = this.#upstream;
    const encrypted = info?.tls !== undefined;
    this.#resolve({
      label,
      address: place.address,
      question: `${formatName(this.question, HEADER_LENGTH)} NS`,
      ok: error === null,
      connectMs: place.transport === "udp" ? null : (info?.connectMs ?? null),
      handshakeMs: encrypted ? info.handshakeMs : null,
      resumed: encrypted ? info.resumed : null,
      tlsVersion: info?.tls?.version ?? null,
      queryMs: error === null ? performance.now() - this.sentAt : null,
      rcode: this.#rcode === null ? null : rcodeName(this.#rcode),
      authenticated: info === null ? null : info.proof === "certificate" ? "name" : info.proof,
      error,
    });
    // Not from within a call of the link.
    setImmediate(() => this.#link?.close());
  }
}
