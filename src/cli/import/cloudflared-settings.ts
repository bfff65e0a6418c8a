import type { FoundFile } from "../../config/file.ts";
import { readFlags, splitWords } from "./cloudflared-words.ts";
import type { Conversion, SourceOption } from "./conversion.ts";
import { asList, asText, isRecord, readYaml, textOf } from "./read-source.ts";

/** What proxy-dns could be told. */
export type SettingName =
  | "enabled"
  | "address"
  | "port"
  | "upstream"
  | "bootstrap"
  | "connections"
  | "metrics";

/** A setting as one source has it. */
export interface Setting {
  readonly values: readonly string[];
  readonly option: SourceOption;
}

export type Settings = ReadonlyMap<SettingName, Setting>;

const VARIABLES: ReadonlyMap<string, SettingName> = new Map([
  ["TUNNEL_DNS", "enabled"],
  ["TUNNEL_DNS_ADDRESS", "address"],
  ["TUNNEL_DNS_PORT", "port"],
  ["TUNNEL_DNS_UPSTREAM", "upstream"],
  ["TUNNEL_DNS_BOOTSTRAP", "bootstrap"],
  ["TUNNEL_DNS_MAX_UPSTREAM_CONNS", "connections"],
  ["TUNNEL_METRICS", "metrics"],
]);

/** The options of `cloudflared proxy-dns`; those of `cloudflared tunnel` have `proxy-dns-` before them. */
const FLAGS: ReadonlyMap<string, SettingName> = new Map([
  ["proxy-dns", "enabled"],
  ["address", "address"],
  ["port", "port"],
  ["upstream", "upstream"],
  ["bootstrap", "bootstrap"],
  ["max-upstream-conns", "connections"],
  ["metrics", "metrics"],
]);

/** The section `resolver` of the file. */
const RESOLVER_KEYS: ReadonlyMap<string, SettingName> = new Map([
  ["enabled", "enabled"],
  ["address", "address"],
  ["port", "port"],
  ["upstreams", "upstream"],
  ["bootstraps", "bootstrap"],
  ["maxupstreamconnections", "connections"],
  ["max-upstream-conns", "connections"],
  ["max_upstream_connections", "connections"],
]);

const OF_TUNNELS = "it belongs to the rest of cloudflared, which stays as it is";

/**
 * Reads a file: the config.yml of cloudflared, or one with the variables or the command line of its service, as
 * /etc/default/cloudflared and a unit of systemd are.
 *
 * @throws ConfigError ERR_DOTLS_CONFIG when it is neither
 */
export function settingsOfFile(file: FoundFile, conversion: Conversion): Settings {
  const lines = joinedLines(textOf(file));
  const isYaml = lines.some(({ text }) => /^["']?[a-z][\w-]*["']?\s*:(\s|$)/i.test(text));
  const assigns = lines.some(({ text }) => ASSIGNMENT.test(text));
  return assigns && !isYaml ? settingsOfService(file, lines, conversion) : settingsOfYaml(file, conversion);
}

/** Reads the variables of an environment. */
export function settingsOfEnvironment(env: NodeJS.ProcessEnv): Settings {
  const found = new Map<SettingName, Setting>();
  for (const [variable, name] of VARIABLES) {
    const value = env[variable];
    if (value === undefined || value === "") continue;
    found.set(name, { values: split(value), option: { where: "environment", name: variable, value } });
  }
  return found;
}

/** Reads the words of a command line; the program and its command may be among them. */
export function settingsOfWords(words: readonly string[], where: string, conversion: Conversion): Settings {
  const found = new Map<SettingName, Setting>();
  if (words.includes("proxy-dns")) {
    found.set("enabled", { values: ["true"], option: { where, name: "proxy-dns", value: "" } });
  }
  for (const word of words.filter((word) => word.startsWith("$"))) {
    conversion.drop({ where, name: word, value: "" }, "convert the file that sets this variable as well");
  }
  for (const { name, value } of readFlags(words)) {
    const option = { where, name: `--${name}`, value: value ?? "" };
    const setting = FLAGS.get(name.replace(/^proxy-dns-/, ""));
    if (setting === undefined) conversion.drop({ ...option, value: "" }, OF_TUNNELS);
    else add(found, setting, { values: split(value ?? "true"), option });
  }
  return found;
}

function settingsOfYaml(file: FoundFile, conversion: Conversion): Settings {
  const source = readYaml(file);
  const found = new Map<SettingName, Setting>();
  const take = (name: SettingName | undefined, option: SourceOption, value: unknown): void => {
    const values = asList(value).flatMap((item) => split(asText(item) ?? ""));
    if (name === undefined) conversion.drop({ ...option, value: "" }, OF_TUNNELS);
    else add(found, name, { values, option });
  };
  for (const [key, value] of Object.entries(source.raw)) {
    if (key === "resolver" && isRecord(value)) {
      for (const [inner, innerValue] of Object.entries(value)) {
        const option = source.option(inner, ["resolver"]);
        const name = RESOLVER_KEYS.get(inner.toLowerCase());
        take(name, { ...option, name: `resolver.${inner}` }, innerValue);
      }
    } else {
      const isOwn = key === "proxy-dns" || key.startsWith("proxy-dns-") || key === "metrics";
      take(isOwn ? FLAGS.get(key.replace(/^proxy-dns-/, "")) : undefined, source.option(key), value);
    }
  }
  return found;
}

const ASSIGNMENT = /^(?:export\s+|Environment=)?["']?([A-Za-z_]\w*)=(.*)$/;

interface Line {
  readonly number: number;
  readonly text: string;
}

function settingsOfService(file: FoundFile, lines: readonly Line[], conversion: Conversion): Settings {
  let found: Settings = new Map();
  for (const { number, text } of lines) {
    const where = `${file.shown}:${number}`;
    const [, variable = "", rest = ""] = ASSIGNMENT.exec(text) ?? [];
    const name = VARIABLES.get(variable);
    const words = splitWords(rest).flatMap((word) => (word.includes(" ") ? splitWords(word) : [word]));
    if (name !== undefined) {
      const value = words.join(" ").replace(/["']$/, "");
      const setting = { values: split(value), option: { where, name: variable, value } };
      found = over(found, new Map([[name, setting]]));
    } else if (/OPTS$|OPTIONS$|ARGS$/.test(variable) || rest.includes("cloudflared")) {
      found = over(found, settingsOfWords(words, where, conversion));
    }
  }
  return found;
}

/** Lines without comments, those that end in a backslash joined with the next. */
function joinedLines(text: string): Line[] {
  const lines: Line[] = [];
  let open: Line | null = null;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const joined: Line = { number: open?.number ?? index + 1, text: `${open?.text ?? ""}${line.trim()}` };
    open = joined.text.endsWith("\\") ? { ...joined, text: `${joined.text.slice(0, -1)} ` } : null;
    if (open === null && !/^[#;]/.test(joined.text)) lines.push(joined);
  }
  return lines;
}

/** One source over another: what is set above replaces what is set below. */
export function over(below: Settings, above: Settings): Settings {
  return new Map([...below, ...above]);
}

/** A flag that is given again adds to a list. */
function add(found: Map<SettingName, Setting>, name: SettingName, setting: Setting): void {
  const before = found.get(name);
  if (before === undefined) found.set(name, setting);
  else {
    const value = `${before.option.value} ${setting.option.value}`.trim();
    found.set(name, {
      values: [...before.values, ...setting.values],
      option: { ...before.option, value },
    });
  }
}

/** cloudflared splits its lists at commas. */
function split(value: string): string[] {
  return value
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
