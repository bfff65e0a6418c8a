import type { VNode } from "preact";

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly name: string;
  readonly options: Readonly<Record<T, string>>;
  readonly value: T;
  readonly choose: (value: T) => void;
}

/** One of a few, side by side. */
export function Choice<T extends string>({ label, name, options, value, choose }: ChoiceProps<T>): VNode {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are those of the type
  const all = Object.entries<string>(options) as [T, string][];
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {all.map(([option, text]) => (
        <label key={option}>
          <input type="radio" name={name} checked={option === value} onChange={() => choose(option)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
