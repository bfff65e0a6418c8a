import { optionCode } from "../../../dns/edns/options.ts";
import { DEFAULT_UDP_SIZE, type Settings } from "../settings.ts";
import { parseSubnet } from "../subnet.ts";
import { UsageError } from "../usage-error.ts";
import { parseHex, parseNumber } from "../values.ts";
import { flag, type OptionTable, valued } from "./option.ts";

/** What the OPT record of the query holds. */
export const ednsOptions: OptionTable = {
  bufsize({ settings }, on, value) {
    if (!on) throw new UsageError("+bufsize cannot be negated");
    settings.udpSize = value === undefined ? DEFAULT_UDP_SIZE : parseNumber(value, 0xffff, "+bufsize");
  },
  edns({ settings }, on, value) {
    settings.edns = on ? parseNumber(value ?? "0", 255, "+edns") : null;
  },
  ednsflags({ settings }, on, value) {
    settings.ednsFlags = on ? parseNumber(value ?? "0", 0xffff, "+ednsflags") : 0;
    withEdns(settings, on && value !== undefined);
  },
  ednsopt: valued(
    "ednsopt",
    ({ settings }, value) => {
      const [code, hex = ""] = value.split(/:(.*)/s, 2);
      settings.options.push({
        code: optionCode(code!) ?? parseNumber(code!, 0xffff, "+ednsopt"),
        data: parseHex(hex, "+ednsopt"),
      });
    },
    ({ settings }) => {
      settings.options = [];
    },
  ),
  dnssec: flag(({ settings }, on) => {
    withEdns(settings, on);
    settings.dnssec = on;
  }),
  coflag: flag(({ settings }, on) => {
    settings.compactDenial = on;
  }),
  nsid: flag(({ settings }, on) => {
    withEdns(settings, on);
    settings.nsid = on;
  }),
  expire: flag(({ settings }, on) => {
    settings.expire = on;
  }),
  keepalive: flag(({ settings }, on) => {
    settings.keepalive = on;
  }),
  cookie({ settings }, on, value) {
    withEdns(settings, on);
    settings.sendCookie = on;
    settings.cookie = value === undefined ? null : parseHex(value, "+cookie");
  },
  subnet: valued(
    "subnet",
    ({ settings }, value) => {
      withEdns(settings, true);
      settings.subnet = parseSubnet(value);
    },
    ({ settings }) => {
      settings.subnet = null;
    },
  ),
  padding: valued(
    "padding",
    ({ settings }, value) => {
      withEdns(settings, true);
      settings.padding = parseNumber(value, 512, "+padding");
    },
    ({ settings }) => {
      settings.padding = 0;
    },
  ),
};

/** What asks for an EDNS option brings EDNS back after `+noedns`, as in dig. */
function withEdns(settings: Settings, on: boolean): void {
  if (on) settings.edns ??= 0;
}
