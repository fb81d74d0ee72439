import type { Entry, PostedEntry } from "./entry.ts";

export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  /** Those known by id, in the order in which they reacted; the server names at most five. */
  readonly users: readonly string[];
  /** Whether the reader is among those who set it. */
  readonly mine: boolean;
  /** The last entry that set it. */
  readonly seq: number;
}

/** A posted entry and what later entries made of it. */
export interface Post {
  readonly seq: number;
  readonly at: number;
  readonly author: string;
  readonly id: string;
  readonly text: string;
  readonly replyTo: number;
  readonly mentions: readonly string[];
  readonly all: boolean;
  /** The last edit; 0 while there is none. */
  readonly edited: number;
  /** The entry that deleted the post; 0 while it stands. */
  readonly deleted: number;
  readonly reactions: readonly Reaction[];
  /** Entries up to here are in this state already and are not folded again. */
  readonly asOf: number;
}

export function postFrom(entry: PostedEntry): Post {
  const { seq, at, author, id, text, replyTo, mentions, all } = entry;
  return { seq, at, author, id, text, replyTo, mentions, all, edited: 0, deleted: 0, reactions: [], asOf: seq };
}

/** The post that an entry concerns; 0 when it concerns none. */
export function postConcerned(entry: Entry): number {
  switch (entry.kind) {
    case "edited":
    case "deleted":
    case "reaction_set":
    case "reaction_removed":
      return entry.post;
    default:
      return 0;
  }
}

/**
 * Folds an edit, deletion or reaction of this post into it. What is not newer
 * than the state that the post already shows changes nothing, so that a run of
 * the log may be folded over a page of history twice.
 */
export function foldPost(post: Post, entry: Entry, self: string): Post {
  if (entry.seq <= post.asOf) return post;
  const asOf = entry.seq;
  switch (entry.kind) {
    case "edited":
      if (post.deleted || entry.seq <= post.edited) return post;
      return { ...post, asOf, text: entry.text, edited: entry.seq };
    case "deleted":
      return post.deleted ? post : { ...post, asOf, text: "", deleted: entry.seq };
    case "reaction_set":
      return { ...post, asOf, reactions: react(post.reactions, entry, entry.author === self) };
    case "reaction_removed":
      return { ...post, asOf, reactions: unreact(post.reactions, entry, entry.author === self) };
    default:
      return post;
  }
}

type ReactionEntry = Extract<Entry, { readonly emoji: string }>;

function react(held: readonly Reaction[], entry: ReactionEntry, isMine: boolean): readonly Reaction[] {
  const { emoji, author, seq } = entry;
  const old = held.find((r) => r.emoji === emoji);
  if (!old) return [...held, { emoji, count: 1, users: [author], mine: isMine, seq }];
  if (seq <= old.seq) return held;
  const isCounted = old.users.includes(author) || (isMine && old.mine);
  const users = [...old.users.filter((u) => u !== author), author];
  const next = { emoji, count: isCounted ? old.count : old.count + 1, users, mine: old.mine || isMine, seq };
  return held.map((r) => (r === old ? next : r));
}

function unreact(held: readonly Reaction[], entry: ReactionEntry, isMine: boolean): readonly Reaction[] {
  const old = held.find((r) => r.emoji === entry.emoji);
  if (!old || entry.seq <= old.seq) return held;
  const isCounted = isMine ? old.mine : old.users.includes(entry.author) || old.users.length < old.count;
  if (!isCounted) return held;
  if (old.count <= 1) return held.filter((r) => r !== old);
  const users = old.users.filter((u) => u !== entry.author);
  const next = { ...old, count: old.count - 1, users, mine: old.mine && !isMine };
  return held.map((r) => (r === old ? next : r));
}
