import { execFileSync } from "node:child_process";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { usableProcessors } from "../../src/server/processors.ts";
import { folderWith } from "../support/config-folder.ts";

const V2 = "30 23 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate";

/** A machine with these files; gives where its file system begins. */
function machine(files: Readonly<Record<string, string>>): string {
  const root = folderWith({});
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** One with cgroups of version 2: where this process is, and the `cpu.max` of some groups. */
function second(own: string, quotas: Readonly<Record<string, string>>, mount: string = V2): string {
  const files = Object.entries(quotas).map(([group, max]) => [`sys/fs/cgroup${group}/cpu.max`, `${max}\n`]);
  return machine({
    "proc/self/cgroup": `0::${own}\n`,
    "proc/self/mountinfo": `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n${mount}\n`,
    ...(Object.fromEntries(files) as Record<string, string>),
  });
}

describe("the processors that this process may use", () => {
  it("are those of the machine without a quota, or without cgroups", () => {
    expect(usableProcessors(second("/a", { "/a": "max 100000" }), 8)).toEqual({
      count: 8,
      why: "8 processors",
    });
    expect(usableProcessors(machine({}), 1)).toEqual({ count: 1, why: "1 processor" });
  });

  it("are no more than the quota of a container, a part of one counted as a whole", () => {
    const quota = (max: string): unknown => usableProcessors(second("/", { "": max }), 64);
    expect(quota("150000 100000")).toEqual({ count: 2, why: "cgroup quota of 1.5 of 64 processors" });
    expect(quota("100000 100000")).toEqual({ count: 1, why: "cgroup quota of 1 of 64 processors" });
    expect(quota("5000 100000")).toEqual({ count: 1, why: "cgroup quota of 0.05 of 64 processors" });
    // A thousandth too much, as some tools round.
    expect(quota("400100 100000")).toEqual({ count: 4, why: "cgroup quota of 4 of 64 processors" });
    expect(quota("6400000 100000")).toEqual({ count: 64, why: "64 processors" });
  });

  it("follow the least quota of all groups above", () => {
    const root = second("/pods/one/dotls", {
      "/pods": "800000 100000",
      "/pods/one": "300000 100000",
      "/pods/one/dotls": "500000 100000",
      "/other": "100000 100000",
    });
    expect(usableProcessors(root, 16).count).toBe(3);
  });

  it("are seen where the groups of the host are mounted in part, and through what is written in octal", () => {
    const part = "30 23 0:26 /docker/x /sys/fs/cgroup ro - cgroup2 cgroup rw";
    expect(usableProcessors(second("/docker/x/y", { "/y": "200000 100000" }, part), 8).count).toBe(2);
    // The group is outside of what is to be seen.
    expect(usableProcessors(second("/../z", { "": "300000 100000" }), 8).count).toBe(3);
    const blank = "30 23 0:26 / /sys/fs/cgroup/a\\040b ro - cgroup2 cgroup rw";
    expect(usableProcessors(second("/", { "/a b": "300000 100000" }, blank), 8).count).toBe(3);
  });

  it("follow version 1, also where both are there", () => {
    const root = machine({
      "proc/self/cgroup":
        "9:name=systemd:/dotls\n3:cpuset:/\n2:cpu,cpuacct:/dotls:1/a\n1:memory:/b\n0::/dotls\n",
      "proc/self/mountinfo": [
        "31 30 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset",
        "32 30 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct",
        "33 30 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      ].join("\n"),
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/dotls:1/cpu.cfs_quota_us": "250000\n",
      "sys/fs/cgroup/cpu,cpuacct/dotls:1/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/dotls:1/a/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/dotls:1/a/cpu.cfs_period_us": "100000\n",
    });
    expect(usableProcessors(root, 8)).toEqual({ count: 3, why: "cgroup quota of 2.5 of 8 processors" });
  });

  it("are not thought of from files that make no sense", () => {
    for (const max of ["", "many 100000", "100000", "100000 0", "-5 100000", "0 100000", "1e5 100000"])
      expect(usableProcessors(second("/", { "": max }), 8).count).toBe(8);
    for (const mounts of ["", "\n \n - \n", "- cgroup2", "1 2 3 4 5 - cgroup2 x"])
      expect(usableProcessors(second("/", { "": "100000 100000" }, mounts), 8).count).toBe(8);
    expect(
      usableProcessors(machine({ "proc/self/cgroup": "\n::\n0::\n", "proc/self/mountinfo": V2 }), 8).count,
    ).toBe(8);
  });
});

/** A control group of this machine that has no more than so much of a processor, or null where none can be made. */
function realGroup(percent: number): string | null {
  const name = `dotls-test-${process.pid}`;
  const ways = [
    { folder: `/sys/fs/cgroup/cpu/${name}`, file: "cpu.cfs_quota_us", text: `${percent * 1000}` },
    { folder: `/sys/fs/cgroup/${name}`, file: "cpu.max", text: `${percent * 1000} 100000` },
  ];
  for (const { folder, file, text } of ways) {
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    onTestFinished(() => rmdirSync(folder));
    try {
      writeFileSync(join(folder, file), text, { flag: "r+" });
      return folder;
    } catch {
      // Not the controller that is looked for: the next way, or none.
    }
  }
  return null;
}

const build = new URL("../../dist/server/processors.js", import.meta.url);

describe("a process in a real control group", () => {
  it("sees its quota", (context) => {
    const group = realGroup(50);
    context.skip(group === null, "no control group can be made here");
    const script = `echo $$ > ${group}/cgroup.procs && exec "$0" --input-type=module -e "$1"`;
    const program = `import { usableProcessors } from ${JSON.stringify(build)}; console.log(JSON.stringify(usableProcessors("/", 64)))`;
    const said = execFileSync("sh", ["-c", script, process.execPath, program], { encoding: "utf8" });
    expect(JSON.parse(said)).toEqual({ count: 1, why: "cgroup quota of 0.5 of 64 processors" });
  });
});
