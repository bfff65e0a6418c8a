import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { formatRdata } from "../../../src/dns/rr/registry.ts";
import { describeWith, program } from "../../support/needs.ts";
import { readVectors, vectorFile } from "../../support/vectors.ts";

/** The records of a zone as BIND reads and prints them: one line each, `owner type data`. */
function printedByBind(name: string): string[] {
  const flags = ["-i", "none", "-k", "ignore", "-q", "-D", "-o", "-"];
  const text = execFileSync(program("named-checkzone")!, [...flags, "vectors.example", vectorFile(name)], {
    encoding: "utf8",
  });
  return text
    .split("\n")
    .map((line) => /^(\S+)\s+\d+\s+IN\s+(\S+)\s*(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, owner, type, data]) => `${owner} ${type} ${data}`);
}

describeWith(["named-checkzone"], "record data in text, read from a zone file and printed again", () => {
  it.each(["vectors.zone", "vectors-bind.zone"])("is what BIND makes of %s, line by line", (name) => {
    const ours = readVectors(name).map(
      ({ owner, type, mnemonic, rdata }) => `${owner} ${mnemonic} ${formatRdata(type, rdata)}`,
    );
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.sort()).toEqual(printedByBind(name).sort());
  });
});
