import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeWith } from "../../support/needs.ts";
import { file, root } from "../repository.ts";
import { instructionsOf } from "./dockerfile.ts";

const instructions = instructionsOf("deploy/container/Dockerfile");
const wordsOf = (name: string): string[] =>
  instructions.filter((one) => one.name === name).map(({ words }) => words);

/** The names below the repository that the .dockerignore lets through. */
const sent = file(".dockerignore")
  .split("\n")
  .filter((line) => line.startsWith("!"))
  .map((line) => line.slice(1));

describe("the Dockerfile", () => {
  it("begins with an official image by its short name and version, and ends with nothing but ours", () => {
    expect(wordsOf("FROM")).toEqual([expect.stringMatching(/^node:\d+-[a-z-]+ AS build$/), "scratch"]);
  });

  it("runs as a user without rights, by number, and says how to ask whether it is well", () => {
    expect(wordsOf("USER")).toEqual(["65532:65532"]);
    expect(wordsOf("HEALTHCHECK")[0]).toMatch(/ CMD \["\/usr\/local\/bin\/dotls", "healthcheck"\]$/);
    expect(wordsOf("STOPSIGNAL")).toEqual(["SIGTERM"]);
  });

  it("starts dotls itself as the first process, with no shell between it and its signals", () => {
    expect(wordsOf("ENTRYPOINT").map((words): unknown => JSON.parse(words))).toEqual([
      ["/usr/local/bin/dotls"],
    ]);
    expect(wordsOf("CMD").map((words): unknown => JSON.parse(words))).toEqual([["serve"]]);
  });

  it("sets no option of dotls by a variable: it would come over a file that somebody mounts", () => {
    const names = wordsOf("ENV").flatMap((words) =>
      Array.from(words.matchAll(/(\w+)=/g), ([, name]) => name!),
    );
    expect(names.filter((name) => name.startsWith("DOTLS_"))).toEqual(["DOTLS_QUERY_SERVER"]);
  });

  it("copies what exists and what .dockerignore lets through", () => {
    const sources = wordsOf("COPY")
      .filter((words) => !words.startsWith("--from="))
      .flatMap((words) =>
        words
          .split(" ")
          .slice(0, -1)
          .map((path) => path.replace(/^\.\//, "")),
      );
    expect(sources.length).toBeGreaterThan(4);
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(sources.filter((path) => !sent.includes(path))).toEqual([]);
    expect(sent.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("leaves no package lists in a layer, installs nothing by chance, and fetches nothing by ADD", () => {
    const installs = wordsOf("RUN").filter((words) => words.includes("apt-get install"));
    for (const words of installs) {
      expect(words).toContain("--no-install-recommends");
      expect(words).toContain("rm -rf /var/lib/apt/lists");
    }
    expect(wordsOf("ADD")).toEqual([]);
    expect(wordsOf("RUN").join(" ")).toContain("npm ci ");
  });

  it("opens both ports for both transports", () => {
    expect(wordsOf("EXPOSE")).toEqual(["5300/udp 5300/tcp 53/udp 53/tcp"]);
  });
});

describeWith(["shellcheck"], "the shell scripts of deploy", () => {
  it("have nothing that shellcheck would mend", () => {
    const { stdout } = spawnSync("shellcheck", [join(root, "deploy/container/rootfs.sh")], {
      encoding: "utf8",
    });
    expect(stdout).toBe("");
  });
});
