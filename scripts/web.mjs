// Builds the dashboard out of web/ into dist/web: one page, one script and one style with a hash of what is in them as part
// of their names, and each of the three also in gzip and brotli.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Packages that become part of the script. */
const PACKAGES = ["preact", "uplot"];

/** Writes `dist/web`. */
export async function buildWeb(root) {
  const target = join(root, "dist", "web");
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { main: "web/main.tsx", style: "web/style/main.css" },
    outdir: join(target, "assets"),
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    write: false,
    logLevel: "error",
  });
  const assets = outputFiles.map(({ path, contents }) => [`assets/${basename(path)}`, Buffer.from(contents)]);
  const icon = readFileSync(join(root, "web", "icon.svg"));
  assets.push([`assets/icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`, icon]);
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

/** What the licenses of the packages in the script want to be said. */
function license(root, name) {
  const folder = join(root, "node_modules", name);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8")}`;
}
