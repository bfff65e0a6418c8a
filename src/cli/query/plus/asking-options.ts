import { parsePin } from "../../../config/pin.ts";
import { parseNumber } from "../values.ts";
import { flag, type OptionTable, type Target, valued } from "./option.ts";

/** How a server is asked: over what, for how long, and who it must be. */
export const askingOptions: OptionTable = {
  tcp: flag(setTcp),
  vc: flag(setTcp),
  ignore: flag(({ settings }, on) => {
    settings.ignoreTruncation = on;
  }),
  badcookie: flag(({ settings }, on) => {
    settings.retryBadCookie = on;
  }),
  timeout: valued("timeout", ({ settings }, value) => {
    settings.timeout = Math.max(1, parseNumber(value, 0xffff, "+timeout"));
  }),
  tries: valued("tries", ({ settings }, value) => {
    settings.tries = Math.max(1, parseNumber(value, 0xffff, "+tries"));
  }),
  retry: valued("retry", ({ settings }, value) => {
    settings.tries = 1 + parseNumber(value, 0xfffe, "+retry");
  }),

  tls: flag(({ settings }, on) => {
    settings.tls = on;
  }),
  "tls-ca"({ settings }, on, value) {
    settings.tlsCa = on ? (value ?? null) : null;
  },
  "tls-hostname": valued(
    "tls-hostname",
    ({ settings }, value) => {
      settings.tlsName = value;
    },
    ({ settings }) => {
      settings.tlsName = null;
    },
  ),
  "tls-pin": valued(
    "tls-pin",
    ({ settings }, value) => {
      settings.tlsPins.push(parsePin(value));
    },
    ({ settings }) => {
      settings.tlsPins = [];
    },
  ),
};

function setTcp({ settings }: Target, on: boolean): void {
  settings.tcp = on;
  settings.tcpIsSet = true;
}
