/** Hears SIGHUP from now on, and does not die of it. What comes before there is something to be done is done then, once. */
export function hangUps(): (onHangUp: () => void) => void {
  let hear: (() => void) | null = null;
  let missed = false;
  process.on("SIGHUP", () => {
    if (hear === null) missed = true;
    else hear();
  });
  return (onHangUp) => {
    hear = onHangUp;
    if (missed) onHangUp();
  };
}

/** Hears signals to stop from now on. Resolves with the name of the first; `hurry` is aborted by the second. */
export function stopSignal(hurry: AbortController): Promise<string> {
  return new Promise((resolve) => {
    let told = false;
    for (const name of ["SIGTERM", "SIGINT"] as const) {
      process.on(name, () => {
        if (told) hurry.abort();
        told = true;
        resolve(name);
      });
    }
  });
}
