import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => family(Number(child))))];
}

/**
 * The CPU time that a process used so far, user and system, all its threads and its children included, in
 * microseconds. The kernel rounds it to its ticks (10 ms): measure for seconds, not for milliseconds.
 */
export function cpuTime(pid: number): number {
  let ticks = 0;
  for (const one of family(pid)) {
    const stat = readFileSync(`/proc/${one}/stat`, "utf8");
    // The program's name stands in parentheses and may hold spaces; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1e6) / ticksPerSecond;
}

/** The memory that a process and its children hold, in bytes. */
export function residentMemory(pid: number): number {
  const sizes = family(pid).map((one) =>
    /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/status`, "utf8")),
  );
  return sizes.reduce((sum, match) => sum + Number(match?.[1] ?? 0) * 1024, 0);
}
