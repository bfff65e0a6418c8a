import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { file, root } from "../repository.ts";

/** What the image says of itself, in Docker's words. */
interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly StopSignal: string;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** The image, built by buildah of this machine's Node.js, its file system at hand. */
export interface BuiltImage {
  readonly config: ImageConfig;
  /** Where its file system is mounted. */
  readonly rootfs: string;
  /** Bytes of the file system. */
  readonly size: number;
  remove(): void;
}

/**
 * Builds the image of the Dockerfile. Its first stage needs a base image from a registry and a network: what that stage
 * ends with, rootfs.sh, is run here on this machine's Node.js instead; the rest is built as it stands.
 */
export function buildImage(): BuiltImage {
  const folder = mkdtempSync(join(tmpdir(), "dotls-image-"));
  const store = [
    "--root",
    join(folder, "store"),
    "--runroot",
    join(folder, "run"),
    "--storage-driver",
    "vfs",
  ];
  const buildah = (...args: string[]): string =>
    execFileSync("buildah", [...store, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  try {
    const app = join(folder, "app");
    makeApp(app);
    execFileSync(join(root, "deploy/container/rootfs.sh"), [join(folder, "rootfs"), app]);
    const dockerfile = file("deploy/container/Dockerfile");
    const last = dockerfile.slice(dockerfile.lastIndexOf("FROM scratch"));
    writeFileSync(join(folder, "Dockerfile"), last.replace("COPY --from=build /rootfs /", "COPY rootfs /"));
    writeFileSync(join(folder, "policy.json"), '{"default":[{"type":"insecureAcceptAnything"}]}');
    const format = [
      "--format",
      "docker",
      "--isolation",
      "chroot",
      "--signature-policy",
      join(folder, "policy.json"),
    ];
    buildah("bud", ...format, "--tag", "dotls", "--file", join(folder, "Dockerfile"), folder);
    const described: { Docker: { config: ImageConfig } } = JSON.parse(
      buildah("inspect", "--type", "image", "dotls"),
    );
    const container = buildah("from", "--signature-policy", join(folder, "policy.json"), "dotls");
    const rootfs = buildah("mount", container);
    const size = Number(execFileSync("du", ["-sb", rootfs], { encoding: "utf8" }).split("\t")[0]);
    return {
      config: described.Docker.config,
      rootfs,
      size,
      remove: () => {
        buildah("rm", container);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** What `npm run build` and `npm prune --omit=dev` leave. */
function makeApp(app: string): void {
  mkdirSync(app);
  cpSync(join(root, "dist"), join(app, "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(app, "package.json"));
  const listed = execFileSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], {
    cwd: root,
    encoding: "utf8",
  });
  const folders = listed
    .trim()
    .split("\n")
    .slice(1)
    .map((path) => path.slice(path.indexOf("node_modules")));
  for (const path of folders) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    const nested = join(root, path, "node_modules");
    cpSync(join(root, path), join(app, path), {
      recursive: true,
      dereference: true,
      filter: (source) => !source.startsWith(nested),
    });
  }
}
