import type { Log } from "../observe/log.ts";
import { lacksRoute } from "../upstream/failure.ts";
import { weaknessOf } from "../upstream/proof.ts";
import type { UpstreamEvents } from "../upstream/upstream.ts";

/**
 * Says once when a server stops to work, with the reason, and once when it works again (`onBack` hears of that too); and
 * each time that a server which is `encrypted` proves less than `strict` wants, or more than before, that it does.
 */
export function upstreamLog(log: Log, encrypted: boolean, onBack: () => void): UpstreamEvents {
  return {
    onProof: ({ label, proof, doubt }, before) => {
      if (!encrypted || proof === null) return;
      const weakness = weaknessOf(proof, doubt);
      const how = proof === "none" ? "is NOT AUTHENTICATED" : `is authenticated by its ${proof} alone`;
      if (weakness !== null) log.warn(`upstream ${label} ${how}: ${weakness}`, { upstream: label });
      else if (before !== null) log.info(`upstream ${label} is authenticated again`, { upstream: label });
    },
    onDown: ({ label }, failure) => {
      const { kind, text } = failure;
      // Half of the addresses of a preset have no route on most hosts: nothing to warn of.
      if (lacksRoute(failure)) log.info(`upstream ${label} is left out: ${text}`, { upstream: label, kind });
      else log.warn(`upstream ${label} is down: ${text}`, { upstream: label, kind });
    },
    onUp: ({ label }) => {
      log.info(`upstream ${label} is back`, { upstream: label });
      onBack();
    },
  };
}
