import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";

/** What this process may compute with. */
export interface Processors {
  /** Whole processors, at least 1. */
  readonly count: number;
  /** Why it is that many, in words: `8 processors`, `cgroup quota of 1.5 of 64 processors`. */
  readonly why: string;
}

/**
 * How many processors this process has: those that it may run on, and no more of their time than its control group
 * has, part of a processor counted as a whole one. Node 20 knows the first alone (sched_getaffinity): in a container that may use
 * one processor of 64, it says 64. `root`: where the file system begins.
 */
export function usableProcessors(root: string = "/", available: number = availableParallelism()): Processors {
  const all = available === 1 ? "1 processor" : `${available} processors`;
  const quota = cgroupQuota(root);
  if (quota >= available) return { count: available, why: all };
  const rounded = Math.round(quota * 100) / 100;
  return { count: Math.max(1, Math.ceil(rounded)), why: `cgroup quota of ${rounded} of ${all}` };
}

/** The least quota of the control groups that this process is in, in processors; Infinity: there is none, or no cgroup at all. */
function cgroupQuota(root: string): number {
  const groups = read(join(root, "proc/self/cgroup"));
  const mounts = read(join(root, "proc/self/mountinfo"));
  if (groups === null || mounts === null) return Infinity;
  // Both versions may be there, and the controller of processors in either.
  return Math.min(
    ...foldersOf(groups, mounts).map(({ folder, version }) => quotaOf(join(root, folder), version)),
  );
}

interface Folder {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** The folders of our groups, from the inmost to the outmost that can be seen from here: a quota holds for all below it. */
function foldersOf(groups: string, mounts: string): Folder[] {
  return mounts.split("\n").flatMap((line) => {
    // cgroups(7), proc_pid_mountinfo(5): ... ROOT POINT OPTIONS [TAGS] - TYPE SOURCE OPTIONS
    const [before = "", after = ""] = line.split(" - ");
    const [, , , mountRoot = "", point = ""] = before.split(" ").map(unescaped);
    const [type, , options = ""] = after.split(" ");
    const version = type === "cgroup2" ? 2 : 1;
    if (version === 1 && !(type === "cgroup" && options.split(",").includes("cpu"))) return [];
    const own = groups.split("\n").find((group) => isOf(version, group));
    if (own === undefined) return [];
    const below = relative(mountRoot, own.split(":").slice(2).join(":"));
    // Outside of what is mounted here: the uppermost is the nearest that we see.
    const names = below.startsWith("..") ? [] : below.split("/").filter((name) => name !== "");
    return Array.from({ length: names.length + 1 }, (_, at) => ({
      folder: join(point, ...names.slice(0, names.length - at)),
      version,
    }));
  });
}

/** Whether a line of /proc/self/cgroup (NUMBER:CONTROLLERS:PATH) is about the hierarchy that divides the processors. */
function isOf(version: 1 | 2, line: string): boolean {
  const [number, controllers = ""] = line.split(":");
  return version === 2 ? number === "0" && controllers === "" : controllers.split(",").includes("cpu");
}

/** The quota of one group, in processors; Infinity: it has none. */
function quotaOf(folder: string, version: 1 | 2): number {
  const text =
    version === 2
      ? read(join(folder, "cpu.max"))
      : `${read(join(folder, "cpu.cfs_quota_us"))?.trim()} ${read(join(folder, "cpu.cfs_period_us"))?.trim()}`;
  // `max 100000` and `-1 100000` are none.
  const [, quota, period] = /^(\d+) (\d+)\s*$/.exec(text ?? "") ?? [];
  return Number(quota) > 0 && Number(period) > 0 ? Number(quota) / Number(period) : Infinity;
}

/** Blanks and the like are written in octal there. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Null for what is not there, or not for us: then nothing is known of a quota. */
function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
