import type { ObserveSources } from "../../src/control/observe-routes.ts";
import { sampleOf } from "../observe/metrics/sample.ts";

/** What there is to observe of a server that is well and has nothing to do. */
export function observed(changes: Partial<ObserveSources> = {}): ObserveSources {
  return {
    upstreams: async () => [],
    config: async () => ({ file: null, hash: "0", loadedAt: "2026-11-21T14:00:00.000Z", options: [] }),
    metrics: async () => sampleOf(),
    alive: async () => null,
    ready: () => null,
    explain: async (_name, _type) => ({
      name: ".",
      type: "A",
      answeredBy: "nobody",
      summary: "",
      steps: [],
      cache: null,
      route: null,
    }),
    test: async () => null,
    ...changes,
  };
}
