// Prints "passed failed skipped" over the JSON reports of vitest that are given, as pairs of a root folder and a file.
// A test that one run skipped and another ran counts as what the other made of it: some tests need root, some need
// not to be root. With --files it prints the files, relative to the root, that hold a test which nobody ran.
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const args = process.argv.slice(2);
const files = args[0] === "--files" && args.shift() !== undefined;
const outcomes = new Map();
const rank = ["failed", "passed"];
for (let index = 0; index + 1 < args.length; index += 2) {
  const [root, report] = args.slice(index, index + 2);
  for (const { name, assertionResults } of JSON.parse(readFileSync(report, "utf8")).testResults) {
    const file = relative(root, name);
    for (const { fullName, status } of assertionResults) {
      const key = `${file} ${fullName}`;
      const before = outcomes.get(key);
      const seen = new Set([before?.status, status]);
      outcomes.set(key, { file, fullName, status: rank.find((one) => seen.has(one)) ?? "skipped" });
    }
  }
}
const all = [...outcomes.values()];
const skipped = all.filter(({ status }) => status === "skipped");
if (files) {
  console.log([...new Set(skipped.map(({ file }) => file))].join("\n"));
} else {
  for (const { file, fullName } of skipped) console.error(`skipped: ${file}: ${fullName}`);
  const count = (wanted) => all.filter(({ status }) => status === wanted).length;
  console.log(count("passed"), count("failed"), skipped.length);
}
