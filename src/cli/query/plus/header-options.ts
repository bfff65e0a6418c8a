import { Flag } from "../../../dns/header.ts";
import { Opcode } from "../../../dns/opcode.ts";
import { parseNumber } from "../values.ts";
import { type Apply, flag, type OptionTable, valued } from "./option.ts";

/** What the header of the query says. */
export const headerOptions: OptionTable = {
  aaflag: headerFlag(Flag.AA),
  aaonly: headerFlag(Flag.AA),
  adflag: headerFlag(Flag.AD),
  cdflag: headerFlag(Flag.CD),
  raflag: headerFlag(Flag.RA),
  rdflag: headerFlag(Flag.RD),
  recurse: headerFlag(Flag.RD),
  tcflag: headerFlag(Flag.TC),
  zflag: headerFlag(Flag.Z),

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
};

function headerFlag(mask: number): Apply {
  return flag(({ settings }, on) => {
    settings.flags = on ? settings.flags | mask : settings.flags & ~mask;
  });
}
