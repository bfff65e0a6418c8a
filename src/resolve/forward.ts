import type { ClientQuery } from "../listen/client-query.ts";
import type { Tap } from "../observe/tap.ts";
import type { Group } from "../upstream/group.ts";
import type { Routes } from "./routes.ts";
import { Deadlines } from "./deadlines.ts";
import { type Carrier, ClientInquiry } from "./inquiry.ts";
import { type Completion, type Stage, Step } from "./stage.ts";
import { TimerWheel } from "./timer-wheel.ts";

/** Questions that wait for a server, at the most: beyond it the one that has waited longest is given up at once. */
const MAX_OUTSTANDING = 10_000;

/** The last stage: asks a server, within the client's deadline. */
export class Forward implements Stage {
  #routes: Routes<Group>;
  #carrier: Carrier;

  /** `timeout` is a client's whole wait, in ms; `retryRcodes`: with which another server is asked; `tap` sees the messages. */
  constructor(
    routes: Routes<Group>,
    timeout: number,
    retryRcodes: ReadonlySet<number>,
    completion: Completion,
    tap: Tap | null = null,
  ) {
    this.#routes = routes;
    this.#carrier = {
      deadlines: new Deadlines(),
      wheel: new TimerWheel(),
      completion,
      timeout,
      retryRcodes,
      tap,
    };
  }

  /** Questions that wait for an answer. */
  get outstanding(): number {
    return this.#carrier.deadlines.size;
  }

  /** Whether so many questions wait that only clients' own should be added. */
  get busy(): boolean {
    return this.outstanding >= MAX_OUTSTANDING / 2;
  }

  enter(query: ClientQuery): number {
    const { deadlines } = this.#carrier;
    if (deadlines.size >= MAX_OUTSTANDING) {
      const oldest = deadlines.first;
      if (oldest instanceof ClientInquiry) oldest.give("too many queries wait for an answer");
    }
    const group = this.#routes.pick(query);
    const inquiry = new ClientInquiry(query, group, this.#carrier);
    deadlines.add(inquiry);
    group.ask(inquiry);
    return Step.LATER;
  }

  /** Answers all that wait with SERVFAIL. */
  stop(): void {
    this.#carrier.deadlines.expireAll();
  }
}
