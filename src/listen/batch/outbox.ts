import { MAX_UDP_SIZE } from "../../dns/opt.ts";
import type { Libc } from "./libc.ts";
import { Errno, Mmsghdr, MSG_DONTWAIT } from "./layout.ts";
import { SendPlan } from "./send-plan.ts";
import { BATCH, Slab } from "./slab.ts";

/** For how long what the kernel has no room for is kept before it is tried again, in ms. */
const PAUSE = 1;

/** What the kernel says when a way cannot carry several datagrams in one message: its interface, or its packets' size. */
const unjoined: ReadonlySet<number> = new Set<number>([Errno.EIO, Errno.EINVAL, Errno.EMSGSIZE]);

/** Sends datagrams, up to 64 in one call, out of memory that they were written into. */
export class Outbox {
  /** Datagrams that the kernel did not take, or that had no room while it took none. */
  refused = 0;

  #libc: Libc;
  #fd: number;
  #slab: Slab;
  /** Whether several datagrams may leave as one message. */
  #joins: boolean;
  #plan: SendPlan;
  /** What waits is in the slots from `#from` to `#to`; what is behind `#planned` is not in the plan. */
  #from = 0;
  #planned = 0;
  #to = 0;
  /** The next message of the plan. */
  #message = 0;
  #timer: NodeJS.Timeout | null = null;

  /** `joins`: whether the kernel can send several datagrams as one message. */
  constructor(libc: Libc, fd: number, family: number, wildcard: boolean, joins: boolean) {
    this.#libc = libc;
    this.#fd = fd;
    // The last slot is for what has no room: it is written, and not sent. A reply over UDP is never longer than its slot.
    this.#slab = new Slab(libc, family, wildcard, BATCH + 1, Math.ceil(MAX_UDP_SIZE / 64) * 64);
    this.#joins = joins;
    this.#plan = new SendPlan(libc, this.#slab);
  }

  /** The memory that replies are written into. */
  get bytes(): Buffer {
    return this.#slab.bytes;
  }

  /** Whether something waits to be sent. */
  get waiting(): boolean {
    return this.#from < this.#to;
  }

  /** Where in `bytes` the next datagram is to be written. */
  room(): number {
    if (this.#to === BATCH) this.flush();
    return this.#slab.payloadAt(this.#to);
  }

  /** The datagram that was written to the last room goes the way of this slot of an inbox. */
  pushFrom(inbox: Slab, slot: number, length: number): void {
    const { words, routeLength } = this.#slab;
    const from = inbox.routeAt(slot) / 4;
    const to = this.#slab.routeAt(this.#to) / 4;
    for (let i = 0; i < routeLength / 4; i++) words[to + i] = inbox.words[from + i]!;
    this.#push(length);
  }

  /** The datagram that was written to the last room goes the way that stands at `at`. */
  push(route: Uint8Array, at: number, length: number): void {
    const { bytes, routeLength } = this.#slab;
    const to = this.#slab.routeAt(this.#to);
    for (let i = 0; i < routeLength; i++) bytes[to + i] = route[at + i]!;
    this.#push(length);
  }

  #push(length: number): void {
    if (this.#to === BATCH) {
      this.refused++;
      return;
    }
    this.#slab.setLength(this.#to, length);
    this.#to++;
  }

  /** Hands to the kernel what waits. What it has no room for is tried again; what it refuses is counted. */
  flush(): void {
    while (this.#from < this.#to) {
      const isPlanned = this.#from < this.#planned || (this.#joins && this.#to - this.#from > 1);
      if (!(isPlanned ? this.#sendPlanned() : this.#sendSingly())) {
        this.#later();
        return;
      }
    }
    this.#from = 0;
    this.#planned = 0;
    this.#to = 0;
  }

  /** Sends what the plan has, a new one when there is none. False when the kernel has no room. */
  #sendPlanned(): boolean {
    const plan = this.#plan;
    if (this.#from >= this.#planned) {
      plan.make(this.#from, this.#to);
      this.#planned = this.#to;
      this.#message = 0;
    }
    while (this.#message < plan.count) {
      const headers = plan.address + this.#message * Mmsghdr.SIZE;
      const sent = this.#libc.sendmmsg(this.#fd, headers, plan.count - this.#message, MSG_DONTWAIT);
      if (sent > 0) this.#message += sent;
      else if (!this.#excuse()) return false;
    }
    this.#from = this.#planned;
    return true;
  }

  /** The next message of the plan was refused. False when that is for want of room. */
  #excuse(): boolean {
    const plan = this.#plan;
    const code = this.#libc.errno();
    if (isFull(code)) return false;
    if (code === Errno.EINTR) return true;
    const members = plan.members(this.#message);
    let slot = plan.first(this.#message++);
    if (members === 1) {
      this.refused++;
      return true;
    }
    if (unjoined.has(code)) this.#joins = false;
    for (let left = members; left > 0; left--, slot = plan.after(slot)) {
      const sent = this.#libc.sendmmsg(this.#fd, this.#slab.headerAddress(slot), 1, MSG_DONTWAIT);
      if (sent <= 0) this.refused++;
    }
    return true;
  }

  /** Sends what waits, each by itself. False when the kernel has no room. */
  #sendSingly(): boolean {
    while (this.#from < this.#to) {
      const headers = this.#slab.headerAddress(this.#from);
      const sent = this.#libc.sendmmsg(this.#fd, headers, this.#to - this.#from, MSG_DONTWAIT);
      if (sent > 0) {
        this.#from += sent;
        continue;
      }
      const code = this.#libc.errno();
      if (isFull(code)) return false;
      if (code === Errno.EINTR) continue;
      // This one cannot be sent: a firewall (EPERM), no way to its network, an address that is gone. The others may go.
      this.refused++;
      this.#from++;
    }
    return true;
  }

  /** Nothing is sent any more. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    // Of a plan, what is in the messages that are left.
    if (this.#from < this.#planned) {
      for (; this.#message < this.#plan.count; this.#message++)
        this.refused += this.#plan.members(this.#message);
      this.#from = this.#planned;
    }
    this.refused += this.#to - this.#from;
    this.#from = 0;
    this.#planned = 0;
    this.#to = 0;
  }

  #later(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.flush();
    }, PAUSE);
  }
}

function isFull(code: number): boolean {
  return code === Errno.EAGAIN || code === Errno.ENOBUFS;
}
