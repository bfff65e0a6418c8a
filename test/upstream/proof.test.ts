import type { TLSSocket } from "node:tls";
import { describe, expect, test, vi } from "vitest";
import { Prover, type Verify } from "../../src/upstream/proof.ts";

const identity = { name: "dot.test", address: "192.0.2.1", pins: [] };
const socket = (authorized: boolean): TLSSocket => ({ authorized, isSessionReused: () => true }) as TLSSocket;

describe("what a handshake is told", () => {
  test.each<[Verify, boolean]>([
    ["strict", true],
    ["pin", false],
    ["opportunistic", false],
    ["none", false],
  ])("with %s: to end it when the chain is wrong: %s, whatever the environment says", (verify, ends) => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    expect(new Prover(verify, identity).options().rejectUnauthorized).toBe(ends);
    vi.unstubAllEnvs();
  });
});

describe("a verdict", () => {
  test("of strict does not lean on Node to have ended the handshake", () => {
    expect(new Prover("strict", identity).verdict(socket(true))).toMatchObject({ accepted: true });
    expect(new Prover("strict", identity).verdict(socket(false))).toEqual({
      accepted: false,
      doubt: { kind: "untrusted", text: "TLS: the server is not authenticated" },
    });
  });

  test("of opportunistic on a resumed session is what OpenSSL has kept in it", () => {
    const verdict = new Prover("opportunistic", identity).verdict(socket(false));
    expect(verdict).toMatchObject({ accepted: true, proof: "none" });
  });

  test("of none never says that anything was proved", () => {
    const verdict = new Prover("none", identity).verdict(socket(true));
    expect(verdict).toEqual({ accepted: true, proof: "none", doubt: null });
  });
});
