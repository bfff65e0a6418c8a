import { useEffect, useState } from "preact/hooks";
import { type Route, routeOf } from "../route.ts";

/** Where somebody is, as the address of the page says. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener("hashchange", changed);
    // It may have changed after the page was drawn, before anybody listened.
    changed();
    return () => removeEventListener("hashchange", changed);
  }, []);
  return routeOf(hash);
}
