import { METRICS } from "../../../src/observe/metrics/families.ts";

/** What Prometheus adds to every series. */
const TARGET = ["job", "instance"];

/** Every series name, with the labels that it has. */
const known = new Map<string, ReadonlySet<string>>();
for (const { name, type, labels } of METRICS) {
  const own = new Set([...labels, ...TARGET]);
  if (type !== "histogram") known.set(name, own);
  else {
    known.set(`${name}_bucket`, new Set([...own, "le"]));
    known.set(`${name}_sum`, own);
    known.set(`${name}_count`, own);
  }
}

const everyLabel = new Set([...known.values()].flatMap((labels) => Array.from(labels)));

/** The metrics and labels in a query of PromQL that do not exist; `recorded` are names that rules make. */
export function unknownIn(query: string, recorded: ReadonlySet<string> = new Set()): string[] {
  const faults: string[] = [];
  for (const [, name = "", selector = ""] of query.matchAll(
    /\b((?:dotls|process|nodejs)[a-z0-9_:]*)(?:\{([^}]*)\})?/g,
  )) {
    const labels = known.get(name);
    if (labels === undefined) {
      if (!recorded.has(name)) faults.push(name);
      continue;
    }
    for (const [, label = ""] of selector.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)) {
      if (!labels.has(label)) faults.push(`${name}{${label}}`);
    }
  }
  for (const [, list = ""] of query.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)) {
    for (const label of list.split(",").map((one) => one.trim())) {
      if (!everyLabel.has(label)) faults.push(`by ${label}`);
    }
  }
  return faults;
}
