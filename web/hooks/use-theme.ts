import { useEffect, useState } from "preact/hooks";

const KEY = "dotls.theme";

/** `auto`: as the system has it. */
export type Theme = "auto" | "light" | "dark";

const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };

/** The theme that was chosen, whether that is dark now, and a way to choose the next one. */
export function useTheme(): { readonly theme: Theme; readonly dark: boolean; readonly next: () => void } {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "auto";
  });
  const [system, setSystem] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const changed = (): void => setSystem(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  // Before anything is drawn: charts ask for the colors while they are made.
  document.documentElement.dataset["theme"] = theme;
  const next = (): void => {
    localStorage.setItem(KEY, NEXT[theme]);
    setTheme(NEXT[theme]);
  };
  return { theme, dark: theme === "auto" ? system : theme === "dark", next };
}
