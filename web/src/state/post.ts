import type { Entry, Post as WirePost, PostedEntry } from "../protocol/frames.ts";

export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  /** The users whose ids are known, in the order in which they reacted; the server names at most five. */
  readonly users: readonly string[];
  /** Whether the reader set it. */
  readonly mine: boolean;
}

/** A post as later entries left it. */
export interface Post {
  readonly seq: number;
  readonly at: number;
  readonly author: string;
  readonly id: string;
  readonly text: string;
  readonly replyTo: number;
  readonly mentions: readonly string[];
  readonly all: boolean;
  /** The seq of the last edit; 0 if there is none. */
  readonly edited: number;
  /** The seq of the entry that deleted the post; 0 if it was not deleted. */
  readonly deleted: number;
  readonly reactions: readonly Reaction[];
  /** The seq of the newest reaction entry that the reactions include. */
  readonly reacted: number;
}

/** The post of a posted entry, or of a page of history. */
export function postFrom(wire: PostedEntry | WirePost): Post {
  const { seq, at, author, id, text = "", reply_to: replyTo = 0, mentions = [], all = false } = wire;
  const { edits = [], deleted = 0, reactions = [], reacted = 0 }: Partial<WirePost> = wire;
  return {
    seq, at, author, id, text, replyTo, mentions, all, deleted, reacted,
    edited: edits.at(-1) ?? 0,
    reactions: reactions.map(({ emoji, count, users, mine = false }) => ({ emoji, count, users, mine })),
  };
}

/** The seq of the post that an entry changes; 0 if it changes none. */
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
 * Folds an edit, deletion or reaction of this post into it. An entry that the
 * post already includes changes nothing, so that entries may be folded over a page
 * of history twice.
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
  // Where some users are only counted, an unknown user is taken to be one of them.
  const isCounted = isMine ? old.mine : old.users.includes(user) || old.users.length < old.count;
  if (!isCounted) return held;
  if (old.count <= 1) return held.filter((r) => r !== old);
  const next = { ...old, count: old.count - 1, users: old.users.filter((u) => u !== user), mine: old.mine && !isMine };
  return held.map((r) => (r === old ? next : r));
}
