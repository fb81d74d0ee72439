import type { Entry } from "../protocol/frames.ts";
import { foldPost, postConcerned, type Post } from "./post.ts";
import { foldKnown } from "./posts.ts";

/** All posts of a room from seq `before` up to, not including, seq `after`. */
export interface Stretch {
  readonly posts: readonly Post[];
  /** The seq before which the next older page ends; 0 if there is none. */
  readonly before: number;
  /** The seq from which newer posts follow. */
  readonly after: number;
}

export function foldStretch(stretch: Stretch, entry: Entry, self: string): Stretch {
  const posts = foldKnown(stretch.posts, entry, self);
  return posts === stretch.posts ? stretch : { ...stretch, posts };
}

export function foldApart(apart: ReadonlyMap<number, Post>, entry: Entry, self: string): ReadonlyMap<number, Post> {
  const post = apart.get(postConcerned(entry));
  return post ? new Map(apart).set(post.seq, foldPost(post, entry, self)) : apart;
}

/** Both stretches as one if they touch or overlap; null if there may be posts between them. */
export function joined(held: Stretch, read: Stretch): Stretch | null {
  if (read.before > held.after || held.before > read.after) return null;
  const bySeq = new Map([...read.posts, ...held.posts].map((post) => [post.seq, post]));
  return {
    posts: [...bySeq.values()].sort((a, b) => a.seq - b.seq),
    before: Math.min(held.before, read.before),
    after: Math.max(held.after, read.after),
  };
}
