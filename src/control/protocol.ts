/** Marks each reply as that of a dotls, with the version of the control API: a command knows whom it talks to. */
export const CONTROL_HEADER = "dotls-control";
export const CONTROL_VERSION = "1";
