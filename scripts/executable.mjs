// Makes one file of dotls that runs without Node.js: `node scripts/executable.mjs FILE`. It is the Node.js that runs this
// script, with dotls inside (https://nodejs.org/docs/latest-v20.x/api/single-executable-applications.html), for the system
// and the processor that this is run on.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { inject } from "postject";
import { buildWeb } from "./web.mjs";

/** The mark in the Node.js binary that says whether there is something inside. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

const root = fileURLToPath(new URL("..", import.meta.url));
const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/executable.mjs FILE");
  process.exit(1);
}
const target = resolve(file);
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** There is no package.json beside an executable: it was written when the executable itself was. */
const knownVersion = {
  name: "known-version",
  setup(bundle) {
    bundle.onLoad({ filter: /src[\\/]version\.ts$/ }, () => ({
      contents: `export const packageFile = process.execPath;
        export const packageVersion = () => ${JSON.stringify(version)};`,
    }));
  },
};

/** Nor is there a folder with the dashboard. */
const dashboardInside = {
  name: "dashboard-inside",
  setup(bundle) {
    bundle.onLoad({ filter: /src[\\/]control[\\/]web-folder\.ts$/ }, async () => {
      const folder = join(work, "web");
      await buildWeb(root, folder);
      const files = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .map((path) => [
          path.slice(folder.length + 1).replaceAll("\\", "/"),
          readFileSync(path).toString("base64"),
        ]);
      return {
        contents: `const files = ${JSON.stringify(files)};
          export const readWebFolder = async () =>
            new Map(files.map(([name, text]) => [name, new Uint8Array(Buffer.from(text, "base64"))]));`,
      };
    });
  },
};

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${command} failed${error === undefined ? "" : `: ${error.message}`}`);
}

const work = mkdtempSync(join(tmpdir(), "dotls-executable-"));
try {
  const script = join(work, "dotls.cjs");
  await build({
    entryPoints: [join(root, "src/cli/main.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    // What is inside of an executable is a script, not a module.
    format: "cjs",
    target: `node${process.versions.node}`,
    external: ["koffi"],
    define: { "import.meta.url": "executableUrl" },
    banner: { js: 'const executableUrl = require("node:url").pathToFileURL(process.execPath).href;' },
    plugins: [knownVersion, dashboardInside],
    legalComments: "inline",
    logLevel: "error",
  });
  const config = join(work, "sea.json");
  const blob = join(work, "dotls.blob");
  writeFileSync(config, JSON.stringify({ main: script, output: blob, disableExperimentalSEAWarning: true }));
  run(process.execPath, "--experimental-sea-config", config);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(process.execPath, target);
  chmodSync(target, 0o755);
  // macOS runs no file whose signature does not fit what is in it.
  const mac = process.platform === "darwin";
  if (mac) run("codesign", "--remove-signature", target);
  await inject(target, "NODE_SEA_BLOB", readFileSync(blob), {
    sentinelFuse: FUSE,
    ...(mac ? { machoSegmentName: "NODE_SEA" } : {}),
  });
  if (mac) run("codesign", "--sign", "-", target);
  console.log(`${target}: dotls ${version}, ${Math.round(statSync(target).size / 2 ** 20)} MiB`);
} finally {
  rmSync(work, { recursive: true });
}
