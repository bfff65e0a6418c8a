/**
 * Whether `text` matches `pattern`, where `*` stands for any characters or none (dots too) and `?` for exactly one.
 * ASCII letters are equal in both cases, as in names. No regular expression is made: a pattern comes from outside, and
 * going back to the latest star alone keeps the work below the product of the two lengths, whatever the pattern is.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = text.toLowerCase();
  let p = 0;
  let t = 0;
  let star = -1;
  let tried = 0;
  while (t < given.length) {
    if (wanted[p] === "*") {
      star = p++;
      tried = t;
    } else if (p < wanted.length && (wanted[p] === "?" || wanted[p] === given[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++tried;
    } else return false;
  }
  while (wanted[p] === "*") p++;
  return p === wanted.length;
}
