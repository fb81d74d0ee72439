import type { Entry } from "../protocol/frames.ts";
import type { HistoryPage, MemberList, Snapshot } from "./history.ts";
import type { Post } from "./post.ts";
import { roomAt, takeEntries, type RoomState } from "./room.ts";
import { SELF } from "./testlog.ts";
import { unreadOf } from "./unread.ts";

/** For tests: what a server reads from a random log, and what a person sees of it. */

export function foldOf(log: readonly Entry[]): RoomState {
  return takeEntries(roomAt("r", SELF), log);
}

/** What a person sees of a room. */
export function viewOf(room: RoomState) {
  const { title, visibility, topic, pins, memberCount, role, cursor, counts, mark, before } = room;
  const names = Object.fromEntries([...room.names].map(([user, named]) => [user, named.name]));
  const posts = room.posts.map(({ reacted: _, ...post }) => ({
    ...post, reactions: post.reactions.map(({ emoji, count, mine }) => ({ emoji, count, mine })),
  }));
  return { title, visibility, topic, pins, memberCount, role, cursor, counts, mark, unread: unreadOf(room), before, names, posts };
}

/** A post as on the wire: not all users who reacted are named. */
function told(post: Post): Post {
  return { ...post, reactions: post.reactions.map((r) => ({ ...r, users: r.users.slice(0, 2) })) };
}

/** A snapshot as the server reads it: first the cursor, then the room, which may have advanced to readAt. */
export function snapshotAt(log: readonly Entry[], at: number, readAt: number, limit: number): Snapshot {
  const room = foldOf(log.slice(0, readAt));
  const posts = room.posts.slice(-limit).map(told);
  const names = new Map([...room.names].map(([user, named]) => [user, named.name]));
  const { title, visibility, topic, pins, memberCount, isDeleted, role, counts, mark, mentions } = room;
  return {
    info: { title, visibility, topic, pins, memberCount, isDeleted }, role, counts, mark, mentions, posts, names,
    cursor: log[at - 1]?.cursor ?? "0", head: readAt,
    before: posts.length < room.posts.length ? (posts[0]?.seq ?? 0) : 0,
  };
}

/** A page as a store reads it: its cursor is the head before the read. */
export function pageAt(log: readonly Entry[], head: number, readAt: number, end: number, limit: number): HistoryPage {
  const older = (post: Post) => end === 0 || post.seq < end;
  const all = foldOf(log.slice(0, readAt)).posts.filter(older);
  const posts = all.slice(-limit).map(told);
  const before = posts.length < all.length ? (posts[0]?.seq ?? 0) : 0;
  return { posts, before, cursor: log[head - 1]?.cursor ?? "0" };
}

/** The members as a server lists them to a client that had folded up to asOf when it asked. */
export function rollAt(log: readonly Entry[], asOf: number, readAt: number): MemberList {
  const { members, names } = foldOf(log.slice(0, readAt));
  const listed = [...members.values()].flatMap(({ user, role }) => (role ? [{ user, role, name: names.get(user)?.name ?? "" }] : []));
  return { members: listed, asOf };
}
