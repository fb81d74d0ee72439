import type { Entry } from "../protocol/frames.ts";
import { foldPost, postConcerned, postFrom, type Post } from "./post.ts";

/**
 * Folds an entry into the posts from `before` on. A post before that belongs to
 * a page of history that is not loaded.
 */
export function foldPosts(posts: readonly Post[], before: number, entry: Entry, self: string): readonly Post[] {
  if (entry.kind !== "posted") return foldKnown(posts, entry, self);
  return entry.seq < before ? posts : insertPost(posts, postFrom(entry));
}

/** Folds an entry into the post that it changes, if that is among the posts. */
export function foldKnown(posts: readonly Post[], entry: Entry, self: string): readonly Post[] {
  const at = indexOfPost(posts, postConcerned(entry));
  const post = posts[at];
  if (!post) return posts;
  const folded = foldPost(post, entry, self);
  return folded === post ? posts : posts.with(at, folded);
}

function insertPost(posts: readonly Post[], post: Post): readonly Post[] {
  const last = posts.at(-1);
  if (!last || last.seq < post.seq) return [...posts, post];
  if (indexOfPost(posts, post.seq) >= 0) return posts;
  return [...posts, post].sort((a, b) => a.seq - b.seq);
}

/** The index of the post in a list by rising seq; -1 if it is not there. */
export function indexOfPost(posts: readonly Post[], seq: number): number {
  let low = 0;
  let high = posts.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = posts[middle]?.seq ?? 0;
    if (found === seq) return middle;
    if (found < seq) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
