import type { VNode } from "preact";

/** How many tints the style sheet defines. */
const TINTS = 6;

/** The first letter of a name, on a tint that depends on the user's id. */
export function Avatar({ user, name }: { readonly user: string; readonly name: string }): VNode {
  let sum = 0;
  for (const letter of user) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  const first = [...name.trim()][0]?.toLocaleUpperCase() ?? "?";
  return <span class={`avatar tint-${sum % TINTS}`} aria-hidden="true">{first}</span>;
}
