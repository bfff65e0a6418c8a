import { nearest } from "../../config/suggest.ts";
import { parsePin } from "../../config/pin.ts";
import { optionCode } from "../../dns/edns/options.ts";
import { Flag } from "../../dns/header.ts";
import { Opcode } from "../../dns/opcode.ts";
import type { GlobalSettings, Settings, Shown } from "./settings.ts";
import { DEFAULT_UDP_SIZE } from "./settings.ts";
import { parseSubnet } from "./subnet.ts";
import { UsageError } from "./usage-error.ts";
import { parseHex, parseNumber } from "./values.ts";

/** What an option does: to the settings of its name, or to those of the whole command. */
interface Target {
  readonly settings: Settings;
  readonly globals: GlobalSettings;
}

type Apply = (target: Target, on: boolean, value: string | undefined) => void;

/** `+NAME` and `+noNAME`, with nothing after them. */
function flag(apply: (target: Target, on: boolean) => void): Apply {
  return apply;
}

/** `+NAME=VALUE`; `off` says what `+noNAME` does, where that means something. */
function valued(
  name: string,
  apply: (target: Target, value: string) => void,
  off?: (t: Target) => void,
): Apply {
  return (target, on, value) => {
    if (!on) {
      if (off === undefined) throw new UsageError(`+${name} cannot be negated`);
      off(target);
    } else if (value === undefined) {
      throw new UsageError(`+${name} needs a value: +${name}=...`);
    } else {
      apply(target, value);
    }
  };
}

function headerFlag(mask: number): Apply {
  return flag(({ settings }, on) => {
    settings.flags = on ? settings.flags | mask : settings.flags & ~mask;
  });
}

function shows(...parts: (keyof Shown)[]): Apply {
  return flag(({ settings }, on) => {
    for (const part of parts) settings.shown[part] = on;
  });
}

/** What asks for an EDNS option brings EDNS back after `+noedns`, as in dig. */
function withEdns(settings: Settings, on: boolean): void {
  if (on) settings.edns ??= 0;
}

/** A switch of dig that is off here for good: `+noNAME` is fine, `+NAME` is refused with a reason. */
function absent(name: string, instead: string): Apply {
  return (_, on) => {
    if (on) throw new UsageError(`+${name} is not supported: ${instead}`);
  };
}

const everything: readonly (keyof Shown)[] = [
  "question",
  "answer",
  "authority",
  "additional",
  "comments",
  "stats",
];

const table: Readonly<Record<string, Apply>> = {
  aaflag: headerFlag(Flag.AA),
  aaonly: headerFlag(Flag.AA),
  adflag: headerFlag(Flag.AD),
  cdflag: headerFlag(Flag.CD),
  raflag: headerFlag(Flag.RA),
  rdflag: headerFlag(Flag.RD),
  recurse: headerFlag(Flag.RD),
  tcflag: headerFlag(Flag.TC),
  zflag: headerFlag(Flag.Z),

  additional: shows("additional"),
  answer: shows("answer"),
  authority: shows("authority"),
  comments: shows("comments"),
  question: shows("question"),
  stats: shows("stats"),
  all: flag((target, on) => {
    shows(...everything)(target, on, undefined);
    target.globals.showCommand = on;
  }),
  cmd: flag(({ globals }, on) => {
    globals.showCommand = on;
  }),
  class: flag(({ settings }, on) => {
    settings.showClass = on;
  }),
  ttlid: flag(({ settings }, on) => {
    settings.showTtl = on;
  }),
  ttlunits: flag(({ settings }, on) => {
    settings.ttlUnits = on;
    if (on) settings.showTtl = true;
  }),
  unknownformat: flag(({ settings }, on) => {
    settings.unknownFormat = on;
  }),
  qr: flag(({ settings }, on) => {
    settings.showQuery = on;
  }),
  identify: flag(({ settings }, on) => {
    settings.identify = on;
  }),
  short: flag((target, on) => {
    target.globals.short = on;
    if (!on) return;
    shows(...everything)(target, false, undefined);
    target.settings.shown.answer = true;
    target.globals.showCommand = false;
  }),
  json: flag(({ globals }, on) => {
    globals.json = on;
  }),

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

  opcode: valued(
    "opcode",
    ({ settings }, value) => {
      const byName = Object.entries(Opcode).find(([name]) => name === value.toUpperCase());
      settings.opcode = byName?.[1] ?? parseNumber(value, 15, "+opcode");
    },
    ({ settings }) => {
      settings.opcode = Opcode.QUERY;
    },
  ),
  qid: valued(
    "qid",
    ({ settings }, value) => {
      settings.id = parseNumber(value, 0xffff, "+qid");
    },
    ({ settings }) => {
      settings.id = null;
    },
  ),
  "header-only": flag(({ settings }, on) => {
    settings.headerOnly = on;
  }),

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

  besteffort: absent("besteffort", "a message that cannot be read is shown as bytes"),
  https: absent("https", "ask over TLS with +tls"),
  idnin: absent("idnin", "names that are not ASCII are always converted"),
  idnout: absent("idnout", "names are printed as they are in the message"),
  multiline: absent("multiline", "+json has every field by name"),
  nssearch: absent("nssearch", "ask for the NS records and then each server"),
  rrcomments: absent("rrcomments", "+json has every field by name"),
  search: absent("search", "write the whole name"),
  showsearch: absent("showsearch", "write the whole name"),
  trace: absent("trace", "ask each server with +norecurse"),
  yaml: absent("yaml", "use +json"),
};

/** What dig has and we have not in either form: said plainly, for a guess at the nearest name would lead astray. */
const onlyDig = new Set([
  "crypto",
  "dns64prefix",
  "domain",
  "expandaaaa",
  "fail",
  "keepopen",
  "ndots",
  "onesoa",
  "showbadcookie",
  "split",
  "tls-certfile",
  "tls-keyfile",
]);

/** Short names that dig documents and that a prefix would not give, or not alone. */
const aliases: Readonly<Record<string, string>> = {
  ad: "adflag",
  cd: "cdflag",
  cl: "class",
  co: "coflag",
  do: "dnssec",
  i: "ignore",
  ig: "ignore",
  p: "padding",
  retries: "retry",
  "tls-host": "tls-hostname",
  ttl: "ttlid",
};

function setTcp({ settings }: Target, on: boolean): void {
  settings.tcp = on;
  settings.tcpIsSet = true;
}

/**
 * Applies one `+option` (`text` is without its plus) as dig does: `no` negates, a prefix that fits one name is enough.
 * Throws UsageError, with the nearest option, when there is none like it.
 */
export function applyPlusOption(text: string, settings: Settings, globals: GlobalSettings): void {
  const [word, value] = text.split(/=(.*)/s, 2);
  const on = !word!.toLowerCase().startsWith("no");
  const name = word!.toLowerCase().slice(on ? 0 : 2);
  find(name, text)({ settings, globals }, on, value);
}

function find(name: string, text: string): Apply {
  const exact = table[aliases[name] ?? name];
  if (exact !== undefined) return exact;
  const names = Object.keys(table);
  const longer = name === "" ? [] : names.filter((candidate) => candidate.startsWith(name));
  if (longer.length === 1) return table[longer[0]!]!;
  if (longer.length > 1) {
    throw new UsageError(`+${text} is ambiguous: ${longer.map((candidate) => `+${candidate}`).join(", ")}`);
  }
  if (onlyDig.has(name)) throw new UsageError(`+${text} is an option of dig that dotls query does not have`);
  const guess = nearest(name, names);
  const hint = guess === null ? "" : ` (did you mean +${guess}?)`;
  throw new UsageError(`there is no option +${text}${hint}`);
}
