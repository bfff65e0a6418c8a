import type { UpstreamTest } from "../control/explanation.ts";
import { rcodeName } from "../dns/rcode.ts";
import { ReplyView } from "../dns/reply-view.ts";
import { Exchange } from "../upstream/exchange.ts";
import type { Failure } from "../upstream/failure.ts";
import type { Link, LinkInfo, LinkOwner } from "../upstream/link.ts";
import { Probe } from "../upstream/probe.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** How long it may take altogether, ms: name, connection, TLS and answer. */
const PATIENCE = 6000;

/**
 * Asks a server `. NS` on a link of its own, whatever is known of its health, and says how that went. Its other links and
 * what is counted of it do not change by it.
 */
export function testUpstream(upstream: Upstream): Promise<UpstreamTest> {
  return new Promise((resolve) => {
    const test = new Test(upstream, resolve);
    test.start();
  });
}

class Test extends Exchange implements LinkOwner {
  #probe = new Probe();
  readonly singly = true;
  #upstream: Upstream;
  #resolve: (test: UpstreamTest) => void;
  #link: Link | null = null;
  #info: LinkInfo | null = null;
  #rcode: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #told = false;

  constructor(upstream: Upstream, resolve: (test: UpstreamTest) => void) {
    super();
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

  get question(): Uint8Array {
    return this.#probe.question;
  }

  get questionEnd(): number {
    return this.#probe.questionEnd;
  }

  length(form: number): number {
    return this.#probe.length(form);
  }

  write(out: Buffer, at: number, form: number): void {
    this.#probe.write(out, at, form);
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
      ok: error === null,
      connectMs: info?.connectMs ?? null,
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
