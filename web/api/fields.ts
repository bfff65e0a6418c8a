/** What was filled into the form of a submit event, without blanks around it. */
export function fieldsOf({ currentTarget }: Event): Readonly<Record<string, string>> {
  const fields = currentTarget instanceof HTMLFormElement ? [...new FormData(currentTarget)] : [];
  return Object.fromEntries(
    fields.map(([name, value]) => [name, typeof value === "string" ? value.trim() : ""]),
  );
}
