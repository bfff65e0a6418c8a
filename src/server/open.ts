import type { DialListener } from "../upstream/dial.ts";

/** Starts to connect, and gives the function that ends it; politely means with a farewell, which needs a peer that reads. */
export type Open = (listener: DialListener) => (politely: boolean) => void;
