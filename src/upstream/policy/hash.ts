import { HEADER_LENGTH } from "../../dns/header.ts";
import { finishHash, mixByte } from "../../dns/name-hash.ts";
import type { Upstream } from "../upstream.ts";
import { type Policy, lowest } from "./policy.ts";

/** Gives the offset in a message at which the registrable domain of the name at byte 12 begins. */
export type RegistrableAt = (question: Uint8Array, nameEnd: number) => number;

/**
 * Each registrable domain always to the same operator, so that none of them sees everything, and each sees all of what it
 * sees. Rendezvous hashing: every operator gets a score for the domain and the best one that works is asked, so when one
 * is down only its share moves. Servers of one name are one operator, asked in their order.
 */
export function hash(upstreams: readonly Upstream[], registrableAt: RegistrableAt): Policy {
  // Not seeded by chance: a restart, and the next node, must send a domain to the same operator.
  const operators = upstreams.map((upstream) => {
    let mixed = 0x811c9dc5;
    for (const byte of Buffer.from(upstream.operator)) mixed = mixByte(mixed, byte);
    return mixed;
  });
  return {
    pick(candidates, { question, questionEnd }) {
      const nameEnd = questionEnd - 4;
      let domain = 0x811c9dc5;
      for (let at = registrableAt(question, nameEnd); at < nameEnd; at++)
        domain = mixByte(domain, question[at]!);
      let best = lowest(candidates);
      let most = -1;
      for (let mask = candidates; mask !== 0; mask &= mask - 1) {
        const index = lowest(mask);
        const score = finishHash(Math.imul(domain ^ operators[index]!, 0x9e3779b1));
        if (score > most) {
          most = score;
          best = index;
        }
      }
      return best;
    },
    companion: () => -1,
  };
}

/** For tests and for names without a suffix list: the last two labels. */
export const lastTwoLabels: RegistrableAt = (question, nameEnd) => {
  let last = HEADER_LENGTH;
  let secondLast = HEADER_LENGTH;
  for (let at = HEADER_LENGTH; at < nameEnd - 1; at += question[at]! + 1) {
    secondLast = last;
    last = at;
  }
  return secondLast;
};
