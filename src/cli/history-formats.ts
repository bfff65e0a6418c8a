/** How entries are written. */
export const historyFormats = ["table", "json", "csv", "common"] as const;

export type HistoryFormat = (typeof historyFormats)[number];
