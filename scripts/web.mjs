// Builds the dashboard out of web/ into dist/web: one page, one script and one style with a hash of what is in them as part
// of their names, and each of the three also in gzip and brotli.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { rolldown } from "rolldown";

/** Packages that become part of the script. */
const PACKAGES = ["preact", "uplot"];

/** What of uPlot is left away: it cannot be seen from outside that nobody uses it. A fifth of the whole page. */
const CUTS = [
  // What it hangs on itself: bars, splines, joined tables and the like.
  [/\nuPlot\.assign = [^]*(?=\nexport \{)/, "\nuPlot.pxRatio = pxRatio;\n"],
  [/\bconst showLegend = legend\.show;/, "const showLegend = false;"],
  // 2 would be a cloud of points.
  [/\bconst mode = self\.mode;/, "const mode = 1;"],
  // Logarithmic axes and those of one's own.
  [/\b(?:\w+\.)?distr == (?:3|4|100)\b/g, "false"],
];

const linesOnly = {
  name: "lines only",
  load(id) {
    if (!id.endsWith("uPlot.esm.js")) return null;
    return CUTS.reduce(
      (code, [what, instead]) => {
        if (code.search(what) < 0) throw new Error(`uPlot is not written as it was: where is ${what}?`);
        return code.replace(what, instead);
      },
      readFileSync(id, "utf8"),
    );
  },
};

/** Writes the dashboard into a folder, in place of what is in it. */
export async function buildWeb(root, target = join(root, "dist", "web")) {
  const assets = [
    ["main", ".js", await script(root)],
    ["style", ".css", await style(root)],
    ["icon", ".svg", readFileSync(join(root, "web", "icon.svg"))],
  ].map(([name, ending, bytes]) => [`assets/${name}-${hashOf(bytes)}${ending}`, bytes]);
  const nameOf = (ending) => assets.find(([name]) => name.endsWith(ending))[0];
  const page = readFileSync(join(root, "web", "index.html"), "utf8")
    .replace("SCRIPT", nameOf(".js"))
    .replace("STYLE", nameOf(".css"))
    .replace("ICON", nameOf(".svg"))
    .replaceAll(/>\s+</g, "><");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, "assets"), { recursive: true });
  for (const [name, bytes] of [...assets, ["index.html", Buffer.from(page)]]) {
    writeFileSync(join(target, name), bytes);
    writeFileSync(join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    const brotli = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
    writeFileSync(join(target, `${name}.br`), brotliCompressSync(bytes, brotli));
  }
  writeFileSync(join(target, "LICENSES.txt"), PACKAGES.map((name) => license(root, name)).join("\n---\n\n"));
}

async function script(root) {
  const built = await rolldown({
    cwd: root,
    input: "web/main.tsx",
    platform: "browser",
    transform: { target: "es2022" },
    // To read a property does nothing, in all of this.
    treeshake: { propertyReadSideEffects: false },
    plugins: [linesOnly],
  });
  const { output } = await built.generate({ format: "esm", minify: true });
  await built.close();
  return Buffer.from(output[0].code);
}

async function style(root) {
  const entryPoints = [join(root, "web/style/main.css")];
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    minify: true,
    write: false,
    logLevel: "error",
  });
  return Buffer.from(outputFiles[0].contents);
}

function hashOf(bytes) {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 10);
}

/** What the licenses of the packages in the script want to be said. */
function license(root, name) {
  const folder = join(root, "node_modules", name);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8")}`;
}
