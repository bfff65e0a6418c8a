import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createAuthority } from "../../src/cli/demo/authority.ts";
import { certHashOf } from "../../src/upstream/cert-hash.ts";
import type { Dialed } from "../../src/upstream/dial.ts";
import type { Failure } from "../../src/upstream/failure.ts";
import { pinOf } from "../../src/upstream/identity.ts";
import type { Verify } from "../../src/upstream/proof.ts";
import { TicketStore } from "../../src/upstream/tickets.ts";
import type { TlsServer } from "../../src/upstream/tls-target.ts";
import { start, until } from "../support/scripted-upstream/fixture.ts";
import { type Presented, identity } from "../support/scripted-upstream/identities.ts";
import { dialOnce } from "./dialing.ts";
import { optionTarget, sharing } from "./tls-options.ts";

const NO_PIN = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/** By what a server is authenticated, and what is doubted; or the kind of failure. */
function outcome(result: Dialed | Failure): string {
  if (!("socket" in result)) return `refused: ${result.kind}`;
  return result.doubt === null ? result.proof : `${result.proof}, doubt: ${result.doubt.kind}`;
}

const shown: readonly Presented[] = [
  "good",
  "re-keyed",
  "wrong-name",
  "common-name-only",
  "expired",
  "not-yet-valid",
  "self-signed",
  "other-ca",
];

/** What each mode makes of each certificate, when there is no pin. */
const expected: Readonly<Record<Presented, readonly [strict: string, opportunistic: string]>> = {
  good: ["certificate", "certificate"],
  "re-keyed": ["certificate", "certificate"],
  "wrong-name": ["refused: name", "none, doubt: name"],
  "common-name-only": ["refused: name", "none, doubt: name"],
  expired: ["refused: clock", "none, doubt: clock"],
  "not-yet-valid": ["refused: clock", "none, doubt: clock"],
  "self-signed": ["refused: untrusted", "none, doubt: untrusted"],
  "other-ca": ["refused: untrusted", "none, doubt: untrusted"],
};

describe.each(["TLSv1.2", "TLSv1.3"] as const)("over %s, a server", (version) => {
  const only = { minVersion: version, maxVersion: version };

  test.each(shown)("that shows a certificate that is %s", async (certificate) => {
    const upstream = await start({ ...only, certificate });
    const with_ = async (verify: Verify, change: Partial<TlsServer> = {}): Promise<string> =>
      outcome(await dialOnce(optionTarget(upstream, { verify }, change)));
    const [strict, opportunistic] = expected[certificate];
    expect(await with_("strict")).toBe(strict);
    expect(await with_("opportunistic")).toBe(opportunistic);
    expect(await with_("none")).toBe("none");
    // A pin is all that counts with `pin`, and one more thing with `strict`.
    const right = { pins: [NO_PIN, upstream.pin] };
    expect(await with_("pin", right)).toBe("pin");
    expect(await with_("pin", { ...right, name: "elsewhere.test" })).toBe("pin");
    expect(await with_("pin", { pins: [NO_PIN] })).toBe("refused: pin");
    expect(await with_("pin")).toBe("refused: pin");
    expect(await with_("strict", right)).toBe(strict);
    const notPinned = strict === "certificate" ? "refused: pin" : strict;
    expect(await with_("strict", { pins: [NO_PIN] })).toBe(notPinned);
  });

  test("that was refused has not seen a byte", async () => {
    const upstream = await start({ ...only, certificate: "self-signed" });
    for (const verify of ["strict", "pin"] as const) {
      expect(outcome(await dialOnce(optionTarget(upstream, { verify }, { pins: [NO_PIN] })))).toMatch(
        /^refused/,
      );
    }
    await until(() => upstream.counters.open === 0);
    expect(upstream.counters).toMatchObject({ applicationBytes: 0, queries: 0 });
  });

  test("may be pinned by who issued its certificate, for all the others it issued too", async () => {
    const upstream = await start(only);
    const pins = [upstream.issuerPin];
    const pinned = optionTarget(upstream, { verify: "pin", ca: "bundled" }, { pins });
    for (const certificate of ["good", "re-keyed", "wrong-name", "expired"] as const) {
      await upstream.present(certificate);
      expect(outcome(await dialOnce(pinned))).toBe("pin");
    }
    for (const certificate of ["self-signed", "other-ca"] as const) {
      await upstream.present(certificate);
      expect(outcome(await dialOnce(pinned))).toBe("refused: pin");
    }
  });

  test("may not borrow a pinned certificate: what is sent along without having signed counts for nothing", async () => {
    const pinned = await identity("good");
    const stranger = await (await createAuthority({ intermediate: false })).issue({ names: ["dot.test"] });
    const upstream = await start({
      ...only,
      certificate: { ...stranger, chain: stranger.cert + pinned.chain },
    });
    const target = optionTarget(upstream, { verify: "pin" }, { pins: [pinned.pin, upstream.issuerPin] });
    expect(outcome(await dialOnce(target))).toBe("refused: pin");
  });

  test("is known by the hash of a certificate of its chain, on top of all else", async () => {
    const upstream = await start(only);
    const [leaf, issuer] = upstream.knobs.chain
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .filter((pem) => pem.trim() !== "")
      .map((pem) => new X509Certificate(pem));
    const root = new X509Certificate(upstream.ca);
    for (const { raw } of [leaf!, issuer!, root]) {
      const certHashes = [NO_PIN, certHashOf(raw)!];
      expect(outcome(await dialOnce(optionTarget(upstream, {}, { certHashes })))).toBe("certificate");
      const wrongName = optionTarget(upstream, {}, { certHashes, name: "elsewhere.test" });
      expect(outcome(await dialOnce(wrongName))).toBe("refused: name");
      const wrongPin = optionTarget(upstream, {}, { certHashes, pins: [NO_PIN] });
      expect(outcome(await dialOnce(wrongPin))).toBe("refused: pin");
    }
    const pins = [pinOf(leaf!)];
    const certHashes = [NO_PIN];
    for (const verify of ["strict", "pin"] as const) {
      const refused = await dialOnce(optionTarget(upstream, { verify }, { certHashes, pins }));
      expect(refused).toEqual({ kind: "pin", text: "TLS: no certificate in the chain matches a hash" });
    }
    expect(
      outcome(
        await dialOnce(
          optionTarget(upstream, { verify: "pin" }, { pins, certHashes: [certHashOf(leaf!.raw)!] }),
        ),
      ),
    ).toBe("pin");
  });

  test("says in words what is doubted", async () => {
    const upstream = await start({ ...only, certificate: "wrong-name" });
    const dialed = (await dialOnce(optionTarget(upstream, { verify: "opportunistic" }))) as Dialed;
    expect(dialed.doubt).toEqual({
      kind: "name",
      text: "TLS: the certificate is not for dot.test, but for other.test, 127.0.0.99",
    });
    await upstream.present("expired");
    const again = (await dialOnce(optionTarget(upstream, { verify: "opportunistic" }))) as Dialed;
    expect(again.doubt?.text).toMatch(/^TLS: certificate expired \(local clock 20/);
  });
});

/** Tickets of TLS 1.3 come after the handshake. */
const tickets = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe.each(["TLSv1.2", "TLSv1.3"] as const)("a session of %s", (version) => {
  const only = { minVersion: version, maxVersion: version };

  test("earned by proving less is never taken for more", async () => {
    const { shared } = sharing();
    const upstream = await start({ ...only, certificate: "wrong-name" });
    const modes: readonly (readonly [Verify, readonly string[], string])[] = [
      ["none", [], "none"],
      ["pin", [upstream.pin], "pin"],
      ["opportunistic", [], "none, doubt: name"],
    ];
    for (const [verify, pins, result] of modes) {
      expect(
        outcome(await dialOnce(optionTarget(upstream, { verify }, { pins }, shared), shared.tickets)),
      ).toBe(result);
      await tickets();
    }
    for (const pins of [[], [upstream.pin]]) {
      const strict = optionTarget(upstream, {}, { pins }, shared);
      expect(outcome(await dialOnce(strict, shared.tickets))).toBe("refused: name");
    }
    const pinned = optionTarget(upstream, { verify: "pin" }, { pins: [NO_PIN] }, shared);
    expect(outcome(await dialOnce(pinned, shared.tickets))).toBe("refused: pin");
    expect(upstream.counters.resumed).toBe(0);
  });

  test.each<[Verify, string]>([
    ["none", "none"],
    ["pin", "pin"],
    ["opportunistic", "certificate"],
    ["strict", "certificate"],
  ])("is resumed with `%s`, and stands for what was proved: %s", async (verify, proof) => {
    const upstream = await start(only);
    const store = new TicketStore();
    const pins = verify === "pin" ? [upstream.pin] : [];
    const target = optionTarget(upstream, { verify }, { pins });
    expect(outcome(await dialOnce(target, store))).toBe(proof);
    await tickets();
    const again = (await dialOnce(target, store)) as Dialed;
    expect(again).toMatchObject({ resumed: true, proof, doubt: null });
  });

  test("in which nothing was proved is not kept where a proof would be better", async () => {
    const upstream = await start({ ...only, certificate: "expired" });
    const store = new TicketStore();
    const target = optionTarget(upstream, { verify: "opportunistic" });
    expect(outcome(await dialOnce(target, store))).toBe("none, doubt: clock");
    await tickets();
    await upstream.present("good");
    expect(await dialOnce(target, store)).toMatchObject({ resumed: false, proof: "certificate" });
  });
});
