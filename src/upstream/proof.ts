import type { ConnectionOptions, TLSSocket } from "node:tls";
import { type Failure, type IdentityError, failureOf } from "./failure.ts";
import { type Identity, checkIdentity, checkPinned } from "./identity.ts";

/**
 * How much a server must prove before it gets a query.
 *
 * - `strict`: a chain to an anchor, the name or address, and a pin where there are pins (RFC 8310 section 5).
 * - `pin`: a pin, nothing else (RFC 7858 section 4.2).
 * - `opportunistic`: nothing; but what it proves is told (RFC 8310 section 5).
 * - `none`: nothing.
 */
export type Verify = "strict" | "pin" | "opportunistic" | "none";

/** By what a server has proved who it is: all that `strict` wants, a pin alone, nothing. */
export type Proof = "certificate" | "pin" | "none";

/** What is to be thought of whoever answers in plain DNS. */
export const UNENCRYPTED: Failure = { kind: "untrusted", text: "plain DNS proves nothing" };

/** What makes a proof weaker than what `strict` wants, for people; null: nothing does. */
export function weaknessOf(proof: Proof, doubt: Failure | null): string | null {
  if (proof === "certificate") return null;
  if (proof === "pin") return "a pin matches; name, dates and authority were not looked at";
  return doubt?.text ?? "nothing was looked at";
}

/** What is to be thought of a server after a handshake. */
export type Verdict =
  /** It may get queries; `doubt`: what is wrong with what it showed, where that was looked at. */
  | { readonly accepted: true; readonly proof: Proof; readonly doubt: Failure | null }
  | { readonly accepted: false; readonly doubt: Failure };

const CERTIFIED: Verdict = { accepted: true, proof: "certificate", doubt: null };
const PINNED: Verdict = { accepted: true, proof: "pin", doubt: null };
const ANYBODY: Verdict = { accepted: true, proof: "none", doubt: null };
const UNPROVEN: Failure = { kind: "untrusted", text: "TLS: the server is not authenticated" };

/** Sees to it that a server proves in one handshake what it must. */
export class Prover {
  readonly #verify: Verify;
  readonly #identity: Identity;
  #refusal: IdentityError | undefined;

  constructor(verify: Verify, identity: Identity) {
    this.#verify = verify;
    this.#identity = identity;
  }

  /** What the handshake is to be told. */
  options(): Pick<ConnectionOptions, "rejectUnauthorized" | "checkServerIdentity"> {
    const looks = this.#verify === "strict" || this.#verify === "opportunistic";
    return {
      // Said out loud in every case: NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes the default.
      rejectUnauthorized: this.#verify === "strict",
      checkServerIdentity: (_host, certificate) =>
        looks ? (this.#refusal = checkIdentity(this.#identity, certificate)) : undefined,
    };
  }

  /**
   * Once the handshake is done. On a resumed session there is no certificate to look at: it stands for what was proved
   * when it was earned, and is found only by who asks for the same proof.
   */
  verdict(socket: TLSSocket): Verdict {
    const verify = this.#verify;
    if (verify === "none") return ANYBODY;
    if (verify === "pin") {
      if (socket.isSessionReused()) return PINNED;
      const wrong = checkPinned(this.#identity, socket.getPeerCertificate(true));
      return wrong === undefined ? PINNED : { accepted: false, doubt: failureOf(wrong, true, Date.now()) };
    }
    if (socket.authorized) return CERTIFIED;
    // Node itself ends a handshake that is not strict enough.
    if (verify === "strict") return { accepted: false, doubt: UNPROVEN };
    return { accepted: true, proof: "none", doubt: this.#doubt(socket) };
  }

  /** What our own check said, else what OpenSSL thinks of the chain, of which Node hands out the code alone. */
  #doubt({ authorizationError }: TLSSocket): Failure {
    const code = String(authorizationError);
    return failureOf(this.#refusal ?? Object.assign(new Error(code), { code }), true, Date.now());
  }
}
