import type { Page } from "playwright-core";

/** What stands in the way of people who cannot see, use no mouse, or see little; empty when nothing does. */
export function obstacles(page: Page): Promise<string[]> {
  return page.evaluate(look);
}

/** Runs in the page, so it may use nothing from outside of itself. */
function look(): string[] {
  const found: string[] = [];
  const all = (selector: string, within: ParentNode = document): HTMLElement[] => [
    ...within.querySelectorAll<HTMLElement>(selector),
  ];
  const shown = (element: HTMLElement): boolean =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const where = (element: Element): string => element.outerHTML.slice(0, 90);
  const textOf = (ids: string | null): string =>
    (ids ?? "")
      .split(/\s+/)
      .map((id) => (id === "" ? "" : (document.querySelector(`#${id}`)?.textContent ?? "")))
      .join(" ")
      .trim();
  const nameOf = (element: HTMLElement): string => {
    const label = element.getAttribute("aria-label") ?? textOf(element.getAttribute("aria-labelledby"));
    if (label !== "") return label;
    if (element instanceof HTMLInputElement || element instanceof HTMLSelectElement) {
      return [...(element.labels ?? [])]
        .map((one) => one.textContent)
        .join(" ")
        .trim();
    }
    return element.textContent.trim();
  };

  // The page as a whole.
  if (document.documentElement.lang === "") found.push("the page has no language");
  if (document.title === "") found.push("the page has no title");
  for (const landmark of ["header", "nav[aria-label]", "main"]) {
    if (all(landmark).length !== 1) found.push(`not one ${landmark}`);
  }
  const ids = all("[id]").map(({ id }) => id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at)))
    found.push(`two have the id ${id}`);

  // Headings: one of the first level, none left out.
  const levels = all("h1, h2, h3, h4")
    .filter(shown)
    .map(({ tagName }) => Number(tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) found.push("not one h1");
  levels.forEach((level, at) => {
    if (level > (levels[at - 1] ?? 0) + 1)
      found.push(`a heading of level ${level} behind one of ${levels[at - 1]}`);
  });

  // Names and references.
  for (const element of all("a, button, input, select, summary, [role=img], [role=region], dialog, form")) {
    if (nameOf(element) === "") found.push(`no name: ${where(element)}`);
  }
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const element of all(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute)!.split(/\s+/)) {
        if (document.querySelector(`#${id}`) === null)
          found.push(`${attribute} of nothing: ${where(element)}`);
      }
    }
  }
  for (const element of all("th")) {
    if (!["row", "col"].includes(element.getAttribute("scope") ?? ""))
      found.push(`no scope: ${where(element)}`);
  }
  for (const list of all("ul, ol")) {
    for (const child of list.children) if (child.tagName !== "LI") found.push(`no item: ${where(child)}`);
  }

  // The keyboard reaches all that can be used, in the order of the page.
  for (const element of all("[tabindex]"))
    if (element.tabIndex > 0) found.push(`out of order: ${where(element)}`);
  for (const element of all("[onclick], [role=button]")) {
    if (element.tabIndex < 0) found.push(`not for the keyboard: ${where(element)}`);
  }
  for (const element of all("*").filter(shown)) {
    const { overflowX, overflowY } = getComputedStyle(element);
    const scrolls =
      (["auto", "scroll"].includes(overflowX) && element.scrollWidth > element.clientWidth) ||
      (["auto", "scroll"].includes(overflowY) && element.scrollHeight > element.clientHeight);
    const inside = all("a, button, input, [tabindex]", element).length > 0;
    if (scrolls && element.tabIndex < 0 && !inside) found.push(`scrolls by mouse alone: ${where(element)}`);
  }

  // What is touched is 24 px or more, links within text aside (WCAG 2.2, 2.5.8).
  for (const element of all("button, select, input:not([type=radio]), nav a, summary").filter(shown)) {
    const { width, height } = element.getBoundingClientRect();
    if (Math.min(width, height) < 23.5)
      found.push(`too small to touch, ${width} x ${height}: ${where(element)}`);
  }

  // Contrast (WCAG 2.2, 1.4.3): 4.5, and 3 for large text.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  const rgba = (color: string): [number, number, number, number] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top: number[], below: number[]): number[] =>
    [0, 1, 2].map((n) => top[n]! * top[3]! + below[n]! * (1 - top[3]!));
  const ground = (element: Element | null): number[] => {
    if (element === null) return rgba(matchMedia("(prefers-color-scheme: dark)").matches ? "black" : "white");
    const color = rgba(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color : [...over(color, ground(element.parentElement)), 1];
  };
  const light = (color: number[]): number =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, n) => {
      const part = color[n]! / 255;
      return sum + weight * (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    }, 0);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement!;
    if (node.nodeValue!.trim() === "" || !shown(element) || element.closest(".skip, noscript") !== null)
      continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const [a, b] = [light(over(rgba(style.color), below)), light(below)].toSorted((x, y) => y - x) as [
      number,
      number,
    ];
    const size = Number.parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < (large ? 3 : 4.5)) found.push(`contrast ${contrast.toFixed(2)}: ${where(element)}`);
  }
  return [...new Set(found)];
}
