import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { addConfigOptions, type Flags, readFlags } from "../../src/config/flags.ts";
import { load, problemsOf } from "../support/config-folder.ts";

function parse(...args: string[]): Flags {
  const command = addConfigOptions(new Command("serve"))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  command.parse(args, { from: "user" });
  return readFlags(command);
}

describe("flags", () => {
  test("none", () => {
    expect(parse()).toEqual({});
  });

  test("all of them, the repeated ones in their order", () => {
    expect(
      parse(
        ..."--config a.yaml --listen 127.0.0.1:53 --listen udp://[::1]:53 --upstream 1.1.1.1".split(" "),
        ..."--upstream 9.9.9.9 --tls-ca ca.pem --set a=b --set c=d".split(" "),
      ),
    ).toEqual({
      config: "a.yaml",
      listen: ["127.0.0.1:53", "udp://[::1]:53"],
      upstream: ["1.1.1.1", "9.9.9.9"],
      tlsCa: "ca.pem",
      set: ["a=b", "c=d"],
    });
  });

  test("options from flags know their flag", () => {
    const { config, origins } = load({
      flags: parse(
        "--listen",
        "tcp://127.0.0.1:53",
        "--upstream",
        "9.9.9.9#dns.quad9.net",
        "--tls-ca",
        "system",
        "--set",
        "timeout=2s",
        "--set",
        "access.allow=10.0.0.0/8,fd00::/8",
        "--set",
        "history.file= h=1.ndjson",
      ),
      cwd: "/tmp",
    });
    expect(config.listen).toEqual([{ transport: "tcp", address: "127.0.0.1", port: 53 }]);
    expect(config.upstreams).toMatchObject([{ label: "9.9.9.9#dns.quad9.net" }]);
    expect(config.access.allow).toEqual(["10.0.0.0/8", "fd00::/8"]);
    expect(config.history.file).toBe("/tmp/h=1.ndjson");
    expect(Object.fromEntries(origins)).toMatchObject({
      listen: "flag --listen",
      upstreams: "flag --upstream",
      "tls.ca": "flag --tls-ca",
      timeout: "flag --set",
      "log.level": "default",
    });
  });

  test.each([
    [
      ["--upstream", "quad8"],
      '--upstream: upstreams[0]: "quad8" is neither an address nor a preset (did you',
    ],
    [["--set", "routes=corp.example"], "--set: routes[0]: wants a section, with keys of its own"],
    [["--listen", ":53"], '--listen: listen[0]: ":53" names no address'],
    [["--tls-ca", ""], "--tls-ca: tls.ca: the path is empty"],
    [["--tls-ca", "/nonexistent/ca.pem"], "--tls-ca: tls.ca: /nonexistent/ca.pem: there is no such file"],
    [["--set", "timeout"], '--set: "timeout" does not set anything (write it as --set timeout=2s)'],
    [["--set", "timout=1s"], "--set: timout: this key is not known to this version (did you mean timeout?)"],
    [
      ["--set", "tls.minversion=x"],
      "--set: tls.minversion: this key is not known to this version (did you mean tls.minVersion?)",
    ],
    [
      ["--set", "tls=system"],
      "--set: tls: this is a section; one of its keys can be set (one of tls.verify, tls.ca, ",
    ],
    [["--set", "timeout="], "--set: timeout: the value is empty"],
    [["--set", "timeout=soon"], '--set: timeout: "soon" is not a duration'],
    [["--set", "upstreams=[{]"], "--set: upstreams: not JSON"],
    [["--set", "timeout=1s", "--set", "timeout=2s"], "--set: timeout: given twice (keep one of them)"],
    [
      ["--upstream", "1.1.1.1", "--set", "upstreams=9.9.9.9"],
      "--set: upstreams: given by --upstream as well",
    ],
    [["--set", "cache.sized=1"], "--set: cache.sized: this key is not known to this version"],
  ])("%j", (args, problem) => {
    expect(problemsOf({ flags: parse(...args) })[0]).toContain(problem);
  });
});
