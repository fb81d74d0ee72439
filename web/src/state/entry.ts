/** The place just after one entry of a room: "seq.tag", or "0" before entry 1. */
export type Cursor = string;

export const START: Cursor = "0";

/** How many entries stand before and at the cursor. */
export function seqOf(cursor: Cursor): number {
  return Number.parseInt(cursor, 10);
}

export type Role = "reader" | "member" | "moderator" | "owner";
export type Visibility = "public" | "private" | "direct";

export interface Counts {
  readonly posts: number;
  readonly alls: number;
}

interface Common {
  readonly seq: number;
  /** The place just after this entry. */
  readonly cursor: Cursor;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly author: string;
  readonly id: string;
  readonly counts: Counts;
}

export interface Posted {
  readonly kind: "posted";
  readonly text: string;
  /** The post that this one answers; 0 for none. */
  readonly replyTo: number;
  readonly mentions: readonly string[];
  readonly all: boolean;
}

export interface Founder {
  readonly user: string;
  readonly name: string;
  readonly role: Role;
}

type Content =
  | { readonly kind: "created"; readonly title: string; readonly visibility: Visibility; readonly founders: readonly Founder[] }
  | Posted
  | { readonly kind: "edited"; readonly post: number; readonly text: string }
  | { readonly kind: "deleted"; readonly post: number }
  | { readonly kind: "reaction_set" | "reaction_removed"; readonly post: number; readonly emoji: string }
  | { readonly kind: "pinned" | "unpinned"; readonly post: number }
  | { readonly kind: "topic_set"; readonly text: string }
  | { readonly kind: "settings_changed"; readonly title: string; readonly visibility: Visibility }
  | { readonly kind: "joined"; readonly user: string; readonly name: string; readonly role: Role }
  | { readonly kind: "left" | "removed"; readonly user: string }
  | { readonly kind: "role_set"; readonly user: string; readonly role: Role }
  | { readonly kind: "renamed"; readonly user: string; readonly name: string }
  | { readonly kind: "room_deleted" }
  /** A kind of a newer server: it has its place in the log and no meaning here. */
  | { readonly kind: "unknown" };

/** One durable fact of a room, numbered from 1 without holes. */
export type Entry = Common & Content;
export type PostedEntry = Common & Posted;
