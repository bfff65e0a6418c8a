import type { Shown } from "../settings.ts";
import { type Apply, flag, type OptionTable } from "./option.ts";

const everything: readonly (keyof Shown)[] = [
  "question",
  "answer",
  "authority",
  "additional",
  "comments",
  "stats",
];

/** What is printed of an answer, and how. */
export const printingOptions: OptionTable = {
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
};

function shows(...parts: (keyof Shown)[]): Apply {
  return flag(({ settings }, on) => {
    for (const part of parts) settings.shown[part] = on;
  });
}
