/** What `body` gives, or undefined when it throws an error of this class; any other error is thrown on. */
export function unlessRefused<T>(
  refusal: new (...parameters: never[]) => Error,
  body: () => T,
): T | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof refusal) return undefined;
    throw error;
  }
}
