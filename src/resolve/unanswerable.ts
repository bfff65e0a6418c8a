import { Flag } from "../dns/header.ts";
import { Rcode } from "../dns/rcode.ts";
import { RrClass } from "../dns/rrclass.ts";
import { RrType } from "../dns/rrtype.ts";
import type { ClientQuery } from "../listen/client-query.ts";
import { Extra } from "./extra-errors.ts";
import { type Stage, Step } from "./stage.ts";

/** Zone transfers and what belongs to a message rather than to a name: a forwarder has nothing to do with them. */
const notForwarded: ReadonlySet<number> = new Set([
  0,
  RrType.OPT,
  RrType.TKEY,
  RrType.TSIG,
  RrType.IXFR,
  RrType.AXFR,
  RrType.MAILB,
  RrType.MAILA,
]);

/** Answers at once what no server would be asked for. */
export class Unanswerable implements Stage {
  enter(query: ClientQuery): number {
    if (notForwarded.has(query.type)) {
      query.rcode = Rcode.NOTIMP;
      query.extra = Extra.notSupported;
      query.error = "type not forwarded";
      return Step.ANSWERED;
    }
    // CHAOS asks about this server, which tells nothing; the others are no classes of data (RFC 1035 section 3.2.5).
    if (query.class === RrClass.CH || query.class === RrClass.NONE || query.class === RrClass.ANY) {
      query.rcode = Rcode.REFUSED;
      query.extra = Extra.notSupported;
      query.error = "class not served";
      return Step.ANSWERED;
    }
    // RD=0 asks for what we hold ourselves; sending it on would let others look into the server's cache (RFC 8914 code 20).
    if ((query.flags & Flag.RD) === 0) {
      query.rcode = Rcode.REFUSED;
      query.extra = Extra.notAuthoritative;
      query.error = "recursion not asked for";
      return Step.ANSWERED;
    }
    return Step.NEXT;
  }
}
