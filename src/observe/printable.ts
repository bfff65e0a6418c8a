/** Text that a peer may have had a hand in, fit for a terminal: no control character moves its cursor or begins a line. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are the point here
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
