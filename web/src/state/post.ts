import type { Entry, Post as WirePost, PostedEntry } from "../protocol/frames.ts";

export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  /** Those known by id, in the order in which they reacted; the server names at most five. */
  readonly users: readonly string[];
  /** Whether the reader is among those who set it. */
  readonly mine: boolean;
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
  /** The newest reaction entry that the reactions show. */
  readonly reacted: number;
}

/** The post that an entry makes, or that a page of history shows. */
export function postFrom(wire: PostedEntry | WirePost): Post {
  const { seq, at, author, id, text = "", reply_to: replyTo = 0, mentions = [], all = false } = wire;
  const { edits = [], deleted = 0, reactions = [], reacted = 0 }: Partial<WirePost> = wire;
  return {
    seq, at, author, id, text, replyTo, mentions, all, deleted, reacted,
    edited: edits.at(-1) ?? 0,
    reactions: reactions.map(({ emoji, count, users, mine = false }) => ({ emoji, count, users, mine })),
  };
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
  switch (entry.kind) {
    case "edited":
      if (post.deleted || entry.seq <= post.edited) return post;
      return { ...post, text: entry.text ?? "", edited: entry.seq };
    case "deleted":
      return post.deleted ? post : { ...post, text: "", deleted: entry.seq };
    case "reaction_set":
    case "reaction_removed": {
      if (entry.seq <= post.reacted) return post;
      const fold = entry.kind === "reaction_set" ? react : unreact;
      return { ...post, reacted: entry.seq, reactions: fold(post.reactions, entry.emoji, entry.author, entry.author === self) };
    }
    default:
      return post;
  }
}

function react(held: readonly Reaction[], emoji: string, user: string, isMine: boolean): readonly Reaction[] {
  const old = held.find((r) => r.emoji === emoji);
  if (!old) return [...held, { emoji, count: 1, users: [user], mine: isMine }];
  const isCounted = isMine ? old.mine : old.users.includes(user);
  const users = [...old.users.filter((u) => u !== user), user];
  const next = { emoji, count: isCounted ? old.count : old.count + 1, users, mine: old.mine || isMine };
  return held.map((r) => (r === old ? next : r));
}

function unreact(held: readonly Reaction[], emoji: string, user: string, isMine: boolean): readonly Reaction[] {
  const old = held.find((r) => r.emoji === emoji);
  if (!old) return held;
  // Not everybody may be known by id: then a stranger is one of those who are only counted.
  const isCounted = isMine ? old.mine : old.users.includes(user) || old.users.length < old.count;
  if (!isCounted) return held;
  if (old.count <= 1) return held.filter((r) => r !== old);
  const next = { ...old, count: old.count - 1, users: old.users.filter((u) => u !== user), mine: old.mine && !isMine };
  return held.map((r) => (r === old ? next : r));
}
