import { BlockList, isIPv4 } from "node:net";
import { Rcode } from "../dns/rcode.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { Extra } from "./extra-errors.ts";
import { type Stage, Step } from "./stage.ts";

/** How many clients' verdicts are remembered before all are forgotten; bounds what a flood of forged senders costs. */
const REMEMBERED = 4096;

/** Refuses clients that the configuration does not allow, with an extended error that says so (RFC 8914 code 18). */
export class Access implements Stage {
  #allowed = new BlockList();
  /** BlockList takes microseconds a look; a client asks many times. */
  #verdicts = new Map<string, boolean>();

  /** `prefixes` are `ADDRESS/LENGTH`, checked before. */
  constructor(prefixes: readonly string[]) {
    for (const prefix of prefixes) {
      const [address = "", length] = prefix.split("/");
      this.#allowed.addSubnet(address, Number(length), isIPv4(address) ? "ipv4" : "ipv6");
    }
  }

  enter(query: ClientQuery): number {
    const known = this.#verdicts.get(query.clientAddress);
    if (known === true || (known === undefined && this.#judge(query.clientAddress))) return Step.NEXT;
    query.rcode = Rcode.REFUSED;
    query.extra = Extra.prohibited;
    query.error = "client not allowed";
    return Step.ANSWERED;
  }

  #judge(client: string): boolean {
    const address = client.replace(/%.*$/, "");
    const verdict = this.#allowed.check(address, isIPv4(address) ? "ipv4" : "ipv6");
    if (this.#verdicts.size >= REMEMBERED) this.#verdicts.clear();
    this.#verdicts.set(client, verdict);
    return verdict;
  }
}
