import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { fieldsOf } from "../api/fields.ts";
import { linkTo } from "../route.ts";

const FIELDS = [
  { name: "name", label: "Name", hint: "*.example.com" },
  { name: "client", label: "Client", hint: "192.168.*" },
  { name: "type", label: "Type", hint: "AAAA" },
  { name: "rcode", label: "Result", hint: "SERVFAIL" },
  { name: "upstream", label: "Upstream", hint: "*quad9*" },
  { name: "slow", label: "Slower than", hint: "100ms" },
] as const;

const SOURCES = {
  "": "any",
  upstream: "upstream",
  cache: "cache",
  stale: "cache, over its time",
  local: "dotls itself",
  none: "no answer",
};

/** What queries have to match; it stands in the address of the page, so that it can be kept and sent to others. */
export function QueryFilters({
  parameters,
}: {
  readonly parameters: Readonly<Record<string, string>>;
}): VNode {
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const slash = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      first.current?.focus();
    };
    addEventListener("keydown", slash);
    return () => removeEventListener("keydown", slash);
  }, []);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    location.hash = linkTo("queries", fieldsOf(event));
  };
  const set = Object.keys(parameters).length > 0;
  return (
    <form class="filters" role="search" aria-label="Queries" onSubmit={submit}>
      {FIELDS.map(({ name, label, hint }) => (
        <label key={name}>
          {label}
          <input
            ref={name === "name" ? first : null}
            name={name}
            placeholder={hint}
            defaultValue={parameters[name] ?? ""}
            autocomplete="off"
            spellcheck={false}
          />
        </label>
      ))}
      <label>
        From
        <select name="source" defaultValue={parameters["source"] ?? ""}>
          {Object.entries(SOURCES).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="main">
        Search
      </button>
      {set && <a href={linkTo("queries")}>Clear</a>}
    </form>
  );
}
