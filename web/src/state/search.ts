import type { Post } from "./post.ts";

/** A post that was found, with what its room calls its author. */
export interface Hit {
  readonly room: string;
  readonly post: Post;
  readonly author: string | null;
}

/** What somebody looks for, and what came of it so far. */
export interface Search {
  readonly words: string;
  /** The only room to look in; "" for all of one's own. */
  readonly room: string;
  readonly step: "idle" | "asking" | "answered" | "failed";
  /** Newest first; of the same time, by room and seq, the last first. */
  readonly hits: readonly Hit[];
  /** Where to go on; "" at the end. A page may hold nothing and yet not be the last. */
  readonly next: string;
  /** With next, where the server reads posts one by one: back to when it has read; else 0. */
  readonly back: number;
}

export type SearchEvent =
  | { readonly type: "asked"; readonly words: string; readonly room: string }
  | { readonly type: "more" }
  | { readonly type: "answered"; readonly words: string; readonly room: string; readonly before: string; readonly hits: readonly Hit[]; readonly next: string; readonly back: number }
  | { readonly type: "failed"; readonly words: string; readonly room: string };

export const NO_SEARCH: Search = { words: "", room: "", step: "idle", hits: [], next: "", back: 0 };

/** Answers may come late: what is of other words, or of a page that is there already, is dropped. */
export function searched(search: Search, event: SearchEvent): Search {
  switch (event.type) {
    case "asked":
      return { ...NO_SEARCH, words: event.words, room: event.room, step: event.words === "" ? "idle" : "asking" };
    case "more":
      return search.next === "" ? search : { ...search, step: "asking" };
    case "answered":
      if (!isOf(search, event) || event.before !== search.next) return search;
      return { ...search, step: "answered", hits: merged(search.hits, event.hits), next: event.next, back: event.back };
    case "failed":
      return isOf(search, event) ? { ...search, step: "failed" } : search;
  }
}

function isOf(search: Search, event: { readonly words: string; readonly room: string }): boolean {
  return search.step === "asking" && search.words === event.words && search.room === event.room;
}

/**
 * Adds a page to what was found, in the order of the server's pages and each post once. A room that did not
 * answer in time is searched with a later page, which may bring posts that are newer than those of the first.
 */
function merged(found: readonly Hit[], page: readonly Hit[]): readonly Hit[] {
  const byPost = new Map([...found, ...page].map((hit) => [`${hit.room} ${hit.post.seq}`, hit]));
  return [...byPost.values()].sort(
    (a, b) => b.post.at - a.post.at || (a.room === b.room ? b.post.seq - a.post.seq : a.room < b.room ? 1 : -1),
  );
}

/** A run of a text that begins with a word that was looked for, or one between such. */
export interface Part {
  readonly text: string;
  readonly isFound: boolean;
}

/** Finds in a text what the words found: where they stand, in any case of letters. */
export function partsOf(text: string, words: string): readonly Part[] {
  const wanted = words.split(/\s+/).filter((word) => word !== "").sort((a, b) => b.length - a.length);
  if (wanted.length === 0) return [{ text, isFound: false }];
  const pattern = new RegExp(`(${wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")).join("|")})`, "iu");
  return text.split(pattern).flatMap((part, i) => (part === "" ? [] : [{ text: part, isFound: i % 2 === 1 }]));
}

/** What of a text shows why it was found: its beginning, or what stands around the first word. */
export function excerptOf(text: string, words: string, most: number): string {
  const letters = Array.from(text);
  if (letters.length <= most) return text;
  const [first] = partsOf(text, words);
  const at = first && !first.isFound ? Array.from(first.text).length : 0;
  const start = at < most / 2 || at === letters.length ? 0 : at - Math.floor(most / 3);
  const end = start + most;
  return `${start > 0 ? "…" : ""}${letters.slice(start, end).join("")}${end < letters.length ? "…" : ""}`;
}
