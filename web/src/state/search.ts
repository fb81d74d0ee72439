import type { Post } from "./post.ts";

/** A post that was found, with its author's name in that room; null if unknown. */
export interface Hit {
  readonly room: string;
  readonly post: Post;
  readonly author: string | null;
}

/** A search and its results so far. */
export interface Search {
  readonly words: string;
  /** The only room to search; "" for all rooms of the reader. */
  readonly room: string;
  readonly step: "idle" | "asking" | "answered" | "failed";
  /** Newest first: in descending order of time, then room, then seq. */
  readonly hits: readonly Hit[];
  /** Where the next page begins; "" after the last one. A page may be empty and yet not be the last. */
  readonly next: string;
  /** How far back in time the server has searched, where it reads posts one by one and next is set; else 0. */
  readonly back: number;
}

export type SearchEvent =
  | { readonly type: "asked"; readonly words: string; readonly room: string }
  | { readonly type: "more" }
  | { readonly type: "answered"; readonly words: string; readonly room: string; readonly before: string; readonly hits: readonly Hit[]; readonly next: string; readonly back: number }
  | { readonly type: "failed"; readonly words: string; readonly room: string };

export const NO_SEARCH: Search = { words: "", room: "", step: "idle", hits: [], next: "", back: 0 };

/** Returns the search after the event. A late answer, to other words or for a page that is there already, is dropped. */
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
 * Merges a page into the hits, each post once. A room that did not answer in time is searched with a later
 * page, which may hold newer posts than the first one.
 */
function merged(found: readonly Hit[], page: readonly Hit[]): readonly Hit[] {
  const byPost = new Map([...found, ...page].map((hit) => [`${hit.room} ${hit.post.seq}`, hit]));
  return [...byPost.values()].sort(
    (a, b) => b.post.at - a.post.at || (a.room === b.room ? b.post.seq - a.post.seq : a.room < b.room ? 1 : -1),
  );
}

/** A part of a text: one that matches the search, or one between such. */
export interface Part {
  readonly text: string;
  readonly isFound: boolean;
}

/** Splits a text at the occurrences of the words, ignoring case. */
export function partsOf(text: string, words: string): readonly Part[] {
  const wanted = words.split(/\s+/).filter((word) => word !== "").sort((a, b) => b.length - a.length);
  if (wanted.length === 0) return [{ text, isFound: false }];
  const pattern = new RegExp(`(${wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&")).join("|")})`, "iu");
  return text.split(pattern).flatMap((part, i) => (part === "" ? [] : [{ text: part, isFound: i % 2 === 1 }]));
}

/** An excerpt of at most `most` characters: the beginning of the text, or what surrounds the first match. */
export function excerptOf(text: string, words: string, most: number): string {
  const letters = Array.from(text);
  if (letters.length <= most) return text;
  const [first] = partsOf(text, words);
  const at = first && !first.isFound ? Array.from(first.text).length : 0;
  const start = at < most / 2 || at === letters.length ? 0 : at - Math.floor(most / 3);
  const end = start + most;
  return `${start > 0 ? "…" : ""}${letters.slice(start, end).join("")}${end < letters.length ? "…" : ""}`;
}
