import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => family(Number(child))))];
}

/**
 * The CPU time that a process used so far, user and system, all its threads and its children included, in
 * microseconds. Exact where the kernel says it in nanoseconds; else rounded to its ticks (10 ms), so that it wants seconds to
 * be measured. Threads that have ended are forgotten where it is exact: nobody here has threads that come and go.
 */
export function cpuTime(pid: number): number {
  return family(pid).reduce((sum, one) => sum + (nanoseconds(one) ?? 1000 * ticks(one)) / 1000, 0);
}

/** What the scheduler counts for each thread; undefined where the kernel was built without it. */
function nanoseconds(pid: number): number | undefined {
  if (!existsSync(`/proc/${pid}/schedstat`)) return undefined;
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    const [running] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    return sum + Number(running);
  }, 0);
}

/** In microseconds. */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name stands in parentheses and may hold spaces; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}

/** The memory that a process and its children hold, in bytes. */
export function residentMemory(pid: number): number {
  const sizes = family(pid).map((one) =>
    /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/status`, "utf8")),
  );
  return sizes.reduce((sum, match) => sum + Number(match?.[1] ?? 0) * 1024, 0);
}
