import type { VNode } from "preact";
import { fieldsOf } from "../api/fields.ts";

/** Asks for the token. It goes into the memory of this tab, never into an address. */
export function Login({
  wrong,
  enter,
}: {
  readonly wrong: boolean;
  readonly enter: (token: string) => void;
}): VNode {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const { token = "" } = fieldsOf(event);
    if (token !== "") enter(token);
  };
  return (
    <form class="login card" onSubmit={submit}>
      <h1>Log in</h1>
      <p id="about-token">
        This server asks for a token. It printed one when it first started; the tab forgets it when it is
        closed.
      </p>
      <label for="token">Token</label>
      <input
        id="token"
        name="token"
        type="password"
        autocomplete="current-password"
        required
        aria-describedby="about-token wrong-token"
        aria-invalid={wrong}
      />
      <p id="wrong-token" role="alert" class="bad-text">
        {wrong && "The server does not know this token."}
      </p>
      <button type="submit" class="main">
        Log in
      </button>
    </form>
  );
}
