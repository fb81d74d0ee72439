import type { ComponentChild, VNode } from "preact";

/**
 * Shows the text of a message: code between backquotes, web addresses and
 * mentions are marked, all else is plain text. It creates elements and never
 * HTML, so that no text can inject markup.
 */
export function Words({ text, names, tail }: WordsProps): VNode {
  return <div class="words">{blocks(text, names)}{tail}</div>;
}

interface WordsProps {
  readonly text: string;
  /** The names that are mentioned, without the @. */
  readonly names: readonly string[];
  /** Shown after the text. */
  readonly tail?: ComponentChild;
}

function blocks(text: string, names: readonly string[]): ComponentChild[] {
  return text.split(/```(?:[\w+-]*\n)?([\s\S]*?)```/g).map((part, i) =>
    i % 2 === 1 ? <pre key={i}><code>{part.replace(/\n$/, "")}</code></pre> : inline(part, names),
  );
}

const MARKED = /`([^`\n]+)`|(https?:\/\/[^\s<>"'`]+)/g;

function inline(text: string, names: readonly string[]): ComponentChild[] {
  const out: ComponentChild[] = [];
  let end = 0;
  for (const match of text.matchAll(MARKED)) {
    out.push(...mentions(text.slice(end, match.index), names));
    end = match.index + match[0].length;
    if (match[1] !== undefined) {
      out.push(<code>{match[1]}</code>);
    } else {
      const address = trimmed(match[0]);
      out.push(<a href={address} target="_blank" rel="noopener noreferrer nofollow">{address}</a>, match[0].slice(address.length));
    }
  }
  out.push(...mentions(text.slice(end), names));
  return out;
}

/** Removes punctuation and a closing bracket that belong to the sentence, not to the address. */
function trimmed(address: string): string {
  const bare = address.replace(/[.,;:!?…]+$/, "");
  return bare.endsWith(")") && !bare.includes("(") ? bare.slice(0, -1) : bare;
}

function mentions(text: string, names: readonly string[]): ComponentChild[] {
  if (names.length === 0 || !text.includes("@")) return [text];
  const longestFirst = [...names].sort((a, b) => b.length - a.length).map((name) => escaped(name));
  return text
    .split(new RegExp(`(@(?:${longestFirst.join("|")}))`, "g"))
    .map((part, i) => (i % 2 === 1 ? <span class="mention-name">{part}</span> : part));
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
