import { useEffect, useRef, useState } from "preact/hooks";

/** So long after its last move a pointer is taken to be only lying there, in ms. */
const REST = 2000;

/** What a list has to tell of. */
export interface HoldEvents {
  readonly onPointerMove: () => void;
  readonly onPointerLeave: () => void;
  readonly onFocusIn: (event: FocusEvent) => void;
  readonly onFocusOut: () => void;
}

/**
 * Whether somebody is about to do something in a list that changes by itself, so that it has to hold still: whoever clicks would
 * hit something else than he sees, and the focus would wander. `list` says which list it is; another one begins anew.
 */
export function useHold(list: string): { readonly held: boolean; readonly events: HoldEvents } {
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const leave = (): void => {
    clearTimeout(timer.current);
    setPointed(false);
  };
  useEffect(() => {
    // A list that goes away with the focus in it says nothing of that.
    setFocused(false);
    return leave;
  }, [list]);
  const events = {
    onPointerMove: () => {
      clearTimeout(timer.current);
      timer.current = setTimeout(leave, REST);
      setPointed(true);
    },
    onPointerLeave: leave,
    // A click leaves the focus behind as well; only with the keyboard somebody is where it is.
    onFocusIn: ({ target }: FocusEvent) =>
      setFocused(target instanceof Element && target.matches(":focus-visible")),
    onFocusOut: () => setFocused(false),
  };
  return { held: pointed || focused, events };
}
