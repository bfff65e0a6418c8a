import { useEffect, useState } from "preact/hooks";
import { type Route, routeOf } from "../route.ts";

/** Where somebody is, as the address of the page says. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return routeOf(hash);
}
