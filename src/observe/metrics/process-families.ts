import { readFileSync, readdirSync } from "node:fs";
import { type Family, counter, gauge, one } from "./family.ts";

/** What every exporter tells of its process, under the names that Prometheus gives them. Threads are in all of it. */
export const processFamilies: readonly Family[] = [
  counter("process_cpu_seconds_total", "Processor time of user and system, in seconds.", [], () => {
    const { user, system } = process.cpuUsage();
    return one((user + system) / 1e6);
  }),
  gauge("process_start_time_seconds", "When the process started.", [], ({ startedAt }) => one(startedAt)),
  gauge("process_resident_memory_bytes", "Memory in use.", [], () => one(process.memoryUsage.rss())),
  gauge("process_open_fds", "Files and sockets that are open.", [], () => countOf(openFiles())),
  gauge("process_max_fds", "Files and sockets that may be open.", [], () => countOf(mostFiles())),
  gauge("nodejs_heap_size_used_bytes", "JavaScript objects of the main thread.", [], () =>
    one(process.memoryUsage().heapUsed),
  ),
  gauge(
    "nodejs_external_memory_bytes",
    "Memory of buffers and of shared memory, the cache among it.",
    [],
    () => {
      const { external, arrayBuffers } = process.memoryUsage();
      return one(Math.max(external, arrayBuffers));
    },
  ),
];

function countOf(count: number | null): readonly (readonly [readonly string[], number])[] {
  return count === null ? [] : one(count);
}

/** Null where the system does not tell. */
function openFiles(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}

function mostFiles(): number | null {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return limit === null ? null : Number(limit[1]);
  } catch {
    return null;
  }
}
