import type { DnstapConfig, HistoryConfig } from "./config.ts";

/** A small history in memory alone; what is beside the size are the defaults. */
export const PLAIN_HISTORY: HistoryConfig = {
  size: 100,
  file: null,
  keep: 604_800_000,
  rotate: 67_108_864,
  total: 1_073_741_824,
  every: 10_000,
  privacy: "full",
  ignore: [],
};

/** Nothing is sent; what is beside that are the defaults. */
export const NO_DNSTAP: DnstapConfig = {
  to: null,
  messages: ["client", "forwarder"],
  identity: "auto",
  buffer: 4_194_304,
};
