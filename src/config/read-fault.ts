/** Says in words why a file could not be read. Takes what the file system threw. */
export function readFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "this is a folder, not a file";
    case "EACCES":
      return "no permission to read the file";
    default:
      return `the file cannot be read: ${code === "" ? String(error) : code}`;
  }
}

/** Whether the file system threw since there is no file of that name. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
