import type { UpstreamSpec } from "../config/config.ts";
import type { DesignatedFace } from "../control/status.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { UpstreamFactory } from "./upstreams.ts";

/** The servers that one configuration uses. Those that the next one uses as well stay when this one is over. */
export class UpstreamLease {
  /** In the order in which they were taken. */
  readonly upstreams: Upstream[] = [];
  #factory: UpstreamFactory;

  constructor(factory: UpstreamFactory) {
    this.#factory = factory;
  }

  /** The servers of an upstream; those that another configuration has are shared. Throws what reading trust anchors throws. */
  take(spec: UpstreamSpec): Upstream[] {
    const taken = this.#factory.lease(spec, this.upstreams);
    this.upstreams.push(...taken);
    return taken;
  }

  /** What is spoken with one of them. */
  protocolOf(upstream: Upstream): UpstreamSpec["protocol"] {
    return this.#factory.protocolOf(upstream);
  }

  /** The encrypted face of a plain resolver that is used in its place; null: none is known, or it is no such resolver. */
  faceOf(upstream: Upstream): DesignatedFace | null {
    return this.#factory.faceOf(upstream);
  }

  /** Gives some back that are not needed any more. */
  release(upstreams: readonly Upstream[]): void {
    for (const upstream of upstreams) {
      const at = this.upstreams.indexOf(upstream);
      if (at < 0) continue;
      this.upstreams.splice(at, 1);
      this.#factory.release(upstream);
    }
  }

  /** Gives all back. */
  end(): void {
    this.release([...this.upstreams]);
  }
}
