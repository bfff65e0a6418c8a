import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rootCertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuthority, type Identity } from "../src/cli/demo/authority.ts";
import { parseArguments } from "../src/cli/query/arguments.ts";
import { folderWith, load } from "./support/config-folder.ts";
import { anchorsOf, commandsOf, configurations, linksOf, pages } from "./support/pages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const all = pages();

describe("the configurations of the documentation", () => {
  let client: Identity;

  beforeAll(async () => {
    client = await (await createAuthority()).issue({ names: ["client.example"] });
  });

  it.each(configurations())("$place can be used", ({ yaml }) => {
    const files = { "ca.pem": rootCertificates[0]!, "client.pem": client.chain, "client.key": client.key };
    const cwd = folderWith({ ...files, "corp-ca.pem": rootCertificates[0]! });
    mkdirSync(join(cwd, "authorities"));
    writeFileSync(join(cwd, "authorities/one.pem"), rootCertificates[0]!);
    writeFileSync(join(cwd, "dotls.yaml"), yaml.replaceAll("/etc/dotls/", `${cwd}/`));
    expect(load({ cwd }).config.upstreams.length).toBeGreaterThan(0);
  });
});

const commandFiles = readdirSync(join(root, "src/cli")).filter(
  (name) =>
    name.endsWith(".ts") &&
    readFileSync(join(root, "src/cli", name), "utf8").includes("export function command(): Command"),
);

/** The whole command line, of which nothing runs: it only reads its words, and throws what is wrong with them. */
async function commandLine(): Promise<Command> {
  const program = new Command("dotls").enablePositionalOptions();
  for (const name of commandFiles) {
    const module = (await import(`../src/cli/${name.replace(/\.ts$/, "")}.ts`)) as { command(): Command };
    program.addCommand(module.command());
  }
  return quiet(program);
}

function quiet(command: Command): Command {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  if (command.commands.length === 0) command.action(() => {});
  for (const inner of command.commands) quiet(inner);
  return command;
}

/** What is wrong with a command; null: nothing. One that only speaks of a command may leave its arguments away. */
async function faultOf(words: readonly string[], complete: boolean): Promise<string | null> {
  try {
    if (words[0] === "query" && words[1] !== "--help") parseArguments(words.slice(1));
    else await (await commandLine()).parseAsync([...words], { from: "user" });
    return null;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return null;
      if (!complete && ["commander.missingArgument", "commander.help"].includes(error.code)) return null;
    }
    return error instanceof Error ? error.message : String(error);
  }
}

describe("the commands of the documentation", () => {
  const commands = all.flatMap(commandsOf);

  it("are many, and of every kind but those for the project itself", () => {
    expect(commands.length).toBeGreaterThan(100);
    const shown = new Set(commands.map(({ words }) => words[0]));
    const names = commandFiles.map((name) => name.replace(/\.ts$/, "")).filter((name) => name !== "demo");
    expect(names.filter((name) => !shown.has(name))).toEqual([]);
  });

  it.each(commands)("$place: dotls $words", async ({ words, complete }) => {
    expect(await faultOf(words, complete)).toBeNull();
  });

  it.each([
    [["serve", "--fast"], "unknown option '--fast'"],
    [["reboot"], "unknown command 'reboot'"],
    [["history", "one", "two"], "too many arguments"],
    [["query", "+nosuchoption", "example.com"], "+nosuchoption"],
  ])("would be found out: dotls %j", async (words, fault) => {
    expect(await faultOf(words, true)).toContain(fault);
  });
});

describe("the links of the documentation", () => {
  it.each(all.filter((page) => linksOf(page).length > 0))("$path leads to what is there", (page) => {
    const broken = linksOf(page).filter(({ target, anchor }) => {
      const path = target === "" ? page.path : join(dirname(page.path), target);
      if (!existsSync(join(root, path))) return true;
      if (anchor === "") return false;
      const other = all.find((one) => one.path === path);
      return other === undefined || !anchorsOf(other).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("reach every page from docs/README.md", () => {
    const reached = new Set(["docs/README.md"]);
    for (const path of reached) {
      const page = all.find((one) => one.path === path);
      for (const { target } of page === undefined ? [] : linksOf(page)) {
        if (target.endsWith(".md")) reached.add(join(dirname(path), target));
      }
    }
    const lost = all.map(({ path }) => path).filter((path) => path !== "README.md" && !reached.has(path));
    expect(lost).toEqual([]);
  });
});

describe("docs/troubleshooting.md", () => {
  const page = all.find(({ path }) => path === "docs/troubleshooting.md")!;
  const tables = page.text.split(/\n\n/).filter((part) => part.startsWith("| message |"));
  const messages = tables.flatMap((table) =>
    [...table.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]!),
  );
  const source = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, "src", name), "utf8"))
    .join("\n");

  /** A message as it stands in the source, where what differs is put in. */
  function pattern(message: string): RegExp {
    const parts = message.split("…").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    return new RegExp(parts.join("\\$\\{[^`\\n]{1,100}"));
  }

  it("quotes messages", () => {
    expect(messages.length).toBeGreaterThan(40);
    expect(new Set(messages).size).toBe(messages.length);
  });

  it.each(messages)("quotes what is printed: %s", (message) => {
    expect({ message, found: pattern(message).test(source) }).toEqual({ message, found: true });
  });
});

it("every block of the documentation is closed", () => {
  const open = all.filter(({ text }) => (text.match(/^ *```/gm) ?? []).length % 2 === 1);
  expect(open.map(({ path }) => path)).toEqual([]);
});
