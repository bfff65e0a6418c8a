// Prints "passed failed skipped" over the JSON reports of vitest that are given, as pairs of a root folder and a file,
// oldest first. A test that an earlier run skipped or failed counts as what a later one made of it: some tests need
// root, some need not to be root, and what failed is run again alone.
// --skipped prints the files, relative to the root, that hold a test which nobody ran; --failed those that hold a test
// which failed; --names the failed tests themselves.
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const args = process.argv.slice(2);
const mode = args[0]?.startsWith("--") ? args.shift() : "--count";
const outcomes = new Map();
for (let index = 0; index + 1 < args.length; index += 2) {
  const [root, report] = args.slice(index, index + 2);
  for (const { name, assertionResults } of read(report)) {
    const file = relative(root, name);
    for (const { fullName, status } of assertionResults) {
      const key = `${file} ${fullName}`;
      const ran = status === "passed" || status === "failed";
      if (ran || !outcomes.has(key)) {
        outcomes.set(key, { file, fullName, status: ran ? status : "skipped" });
      }
    }
  }
}

const all = [...outcomes.values()];
const of = (wanted) => all.filter(({ status }) => status === wanted);
const files = (wanted) => [...new Set(of(wanted).map(({ file }) => file))];
if (mode === "--skipped" || mode === "--failed") {
  console.log(files(mode.slice(2)).join("\n"));
} else if (mode === "--names") {
  for (const { file, fullName } of of("failed")) console.log(`${file}: ${fullName}`);
} else {
  for (const { file, fullName } of of("skipped")) console.error(`skipped: ${file}: ${fullName}`);
  console.log(of("passed").length, of("failed").length, of("skipped").length);
}

// A run that was ended before its time leaves no report, or half of one.
function read(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return [];
  }
}
