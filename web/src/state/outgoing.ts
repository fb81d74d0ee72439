import type { Cursor, Entry } from "../protocol/frames.ts";
import { foldPost, type Post } from "./post.ts";

/** A change that a person asked for, to be written into a room's log. */
export type Change =
  | {
      readonly action: "send";
      readonly text: string;
      readonly replyTo: number;
      readonly mentions: readonly string[];
      readonly all: boolean;
    }
  | { readonly action: "edit"; readonly post: number; readonly text: string }
  | { readonly action: "delete" | "pin" | "unpin"; readonly post: number }
  | { readonly action: "topic"; readonly text: string }
  | { readonly action: "react" | "unreact"; readonly post: number; readonly emoji: string };

/** How far a change has come. */
export type Progress =
  /** Never sent. */
  | { readonly step: "waiting" }
  /** Sent, and perhaps written: an earlier copy would come after `since`. */
  | { readonly step: "attempted"; readonly since: Cursor }
  /** Written at `seq`; the change is shown until the room is read up to there. */
  | { readonly step: "sent"; readonly seq: number }
  /** Refused for good; it is not in the log. */
  | { readonly step: "failed"; readonly code: string; readonly message: string }
  /** The server failed at it repeatedly. A person may send it again, which `since` makes safe, or give it up. */
  | { readonly step: "halted"; readonly since: Cursor }
  /** Attempted before the log was replaced. Only a person may send it again. */
  | { readonly step: "unknown" };

/** A change that is not yet known to be in the log. */
export interface Outgoing {
  /** The entry's id. */
  readonly id: string;
  readonly room: string;
  readonly change: Change;
  /** Milliseconds since 1970; changes of a room are sent in this order. */
  readonly createdAt: number;
  readonly progress: Progress;
}

/** Marks a waiting change as attempted: its first attempt determines `since`. */
export function attempted(item: Outgoing, since: Cursor): Outgoing {
  return item.progress.step === "waiting" ? { ...item, progress: { step: "attempted", since } } : item;
}

/** Whether the change waits for a decision by a person. */
export function isStuck({ progress }: Outgoing): boolean {
  return progress.step === "failed" || progress.step === "halted" || progress.step === "unknown";
}

/** The post as it will be once the changes in flight are written. */
export function withOutgoing(post: Post, outgoing: readonly Outgoing[], self: string): Post {
  return outgoing.reduce((shown, item, index) => {
    if (isStuck(item)) return shown;
    const entry = foreseen(item, post.seq, self, FORESEEN + index);
    return entry ? foldPost(shown, entry, self) : shown;
  }, post);
}

/** Foreseen entries come after all others. */
const FORESEEN = 2 ** 52;

/** The entry that a change of this post will become. */
function foreseen(item: Outgoing, post: number, self: string, seq: number): Entry | null {
  const { change, id } = item;
  const common = { seq, cursor: `${seq}`, at: item.createdAt, author: self, id, posts: 0, alls: 0 };
  switch (change.action) {
    case "edit":
      return change.post === post ? { ...common, kind: "edited", post, text: change.text } : null;
    case "delete":
      return change.post === post ? { ...common, kind: "deleted", post } : null;
    case "react":
      return change.post === post ? { ...common, kind: "reaction_set", post, emoji: change.emoji } : null;
    case "unreact":
      return change.post === post ? { ...common, kind: "reaction_removed", post, emoji: change.emoji } : null;
    case "send":
    case "pin":
    case "unpin":
    case "topic":
      return null;
  }
}
