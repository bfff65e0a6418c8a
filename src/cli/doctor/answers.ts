import { extendedError } from "../../dns/edns/extended-error-option.ts";
import { Flag, HEADER_LENGTH } from "../../dns/header.ts";
import { messageRcode } from "../../dns/message.ts";
import { Rcode, rcodeName } from "../../dns/rcode.ts";
import { RrType } from "../../dns/rrtype.ts";
import type { BuiltQuery } from "../query/build-query.ts";
import { milliseconds, paddingOf } from "../query/footer.ts";
import { CLIENT_ADVICE, wantsClientCertificate } from "./failure-advice.ts";
import { type Finding, finding, rounded } from "./finding.ts";
import { type Answer, isAnswer, type NoAnswer } from "./probe.ts";

/** What the first answer shows: that the server resolves, pads, and passes DNSSEC on. */
export function firstAnswerFindings(name: string, result: Answer | NoAnswer): Finding[] {
  if (!isAnswer(result)) {
    const advice = wantsClientCertificate(result.reason)
      ? CLIENT_ADVICE
      : "The server is who it must be, but does not answer: ask its operator.";
    return [finding("query", "fail", result.reason, { advice, facts: { name, ms: null } })];
  }
  return [
    queryFinding(name, result),
    paddingFinding(result),
    dnssecFinding(name, result),
    validationFinding(name, result),
  ];
}

function queryFinding(name: string, { message, ms, bytes }: Answer): Finding {
  const rcode = messageRcode(message);
  const status = rcodeName(rcode);
  const facts = { name, ms: rounded(ms), status, size: bytes.length };
  const text = `${milliseconds(ms)}, ${status} for ${name}`;
  if (rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN) {
    const advice =
      "The server answers, but not this question. For a server that knows only some names, give one with --name.";
    return finding("query", "fail", text, { facts, advice });
  }
  if ((message.flags & Flag.RA) === 0) {
    const advice = "It answers for its own zones only: use it in a route for those, not for all names.";
    return finding("query", "warn", `${text}, but the server offers no recursion`, { facts, advice });
  }
  return finding("query", "ok", text, { facts });
}

function paddingFinding({ message, bytes }: Answer): Finding {
  const padding = paddingOf(message);
  if (padding === null) {
    return finding("padding", "warn", "answers are not padded", {
      facts: { padding: null, size: bytes.length },
      advice:
        "Who watches the network can guess from their lengths what was asked. Only the operator can change that (RFC 8467).",
    });
  }
  return finding("padding", "ok", `answers are padded: ${padding} of ${bytes.length} bytes`, {
    facts: { padding, size: bytes.length },
  });
}

function dnssecFinding(name: string, { message }: Answer): Finding {
  const all = [...message.answers, ...message.authorities];
  if (all.some(({ type }) => type === RrType.RRSIG)) {
    return finding("dnssec", "ok", "DNSSEC records are passed on", { facts: { records: true } });
  }
  const text = `no DNSSEC records came for ${name}: it is not signed, or the server drops them`;
  return finding("dnssec", "info", text, { facts: { records: false } });
}

function validationFinding(name: string, { message }: Answer): Finding {
  if ((message.flags & Flag.AD) !== 0) {
    return finding("validation", "ok", "the server validates DNSSEC (AD is set)", { facts: { ad: true } });
  }
  const text = `AD is not set for ${name}: the server does not validate, or the name is not signed`;
  return finding("validation", "info", text, { facts: { ad: false } });
}

/** Whether the question came back letter for letter as it was asked. */
export function caseFinding({ bytes: asked, message }: BuiltQuery, result: Answer | NoAnswer): Finding {
  if (!isAnswer(result)) {
    return finding("case", "warn", `a name in mixed case: ${result.reason}`, { facts: { kept: null } });
  }
  const length = message.questions[0]!.name.length;
  const same = Buffer.compare(
    asked.subarray(HEADER_LENGTH, HEADER_LENGTH + length),
    result.bytes.subarray(HEADER_LENGTH, HEADER_LENGTH + length),
  );
  if (same === 0) return finding("case", "ok", "the case of names is kept", { facts: { kept: true } });
  return finding("case", "warn", "the case of names is changed", {
    facts: { kept: false },
    advice:
      "Programs behind dotls still see the case that they asked with; others may take such answers for forged.",
  });
}

/** Extended errors (RFC 8914) in any of the answers. */
export function extendedErrorFinding(results: readonly (Answer | NoAnswer)[]): Finding {
  const texts = results.filter(isAnswer).flatMap(({ message }) =>
    (message.edns?.options ?? []).flatMap(({ code, data }) => {
      const value = code === extendedError.code ? extendedError.decode(data) : null;
      return value === null ? [] : [(extendedError.text(value) ?? "").trim()];
    }),
  );
  const seen = [...new Set(texts)];
  if (seen.length === 0) {
    return finding("extended-errors", "info", "no extended error was seen", { facts: { seen } });
  }
  return finding("extended-errors", "ok", `seen: ${seen.join("; ")}`, { facts: { seen } });
}

/**
 * Whether a question that stood behind others in one write was heard: `at` is the place of one that the server had
 * answered before. Some servers answer the first of several in a TLS record and forget the rest. Nothing when all is well.
 */
export function pipelineFindings(results: readonly (Answer | NoAnswer)[], at: number): Finding[] {
  if (isAnswer(results[at]!)) return [];
  const lost = results.filter((result) => !isAnswer(result)).length;
  const text = `of ${results.length} questions sent at once, ${lost} got no answer, among them one that was answered when asked alone`;
  const advice =
    "Of questions that come together the server reads one, as NSD does, though RFC 7766 wants it to read all. dotls finds that out under load and then sends each in a TLS record of its own.";
  return [finding("pipelining", "warn", text, { advice, facts: { asked: results.length, lost } })];
}

/**
 * Whether an answer overtook one that was asked for before it (RFC 7766 section 6.2.1.1). Answers in order prove nothing:
 * the slow question may have been quick.
 */
export function orderFinding(results: readonly (Answer | NoAnswer)[]): Finding {
  const places = results.filter(isAnswer).map(({ place }) => place);
  const overtook = places.some((place, at) => at > 0 && place < Math.max(...places.slice(0, at)));
  // A question that got no answer at all was waited for as well, and later ones were answered meanwhile.
  const firstAnswered = results.findIndex(isAnswer);
  if (overtook || firstAnswered > 0) {
    return finding("order", "ok", "quick answers overtake slow ones", { facts: { outOfOrder: true } });
  }
  const text = "answers out of order were not seen: nothing was slow enough to tell";
  return finding("order", "info", text, { facts: { outOfOrder: null } });
}
