import type { Cursor, Role } from "../protocol/frames.ts";
import { seqOf } from "./cursor.ts";
import { setNames, setRoles } from "./member.ts";
import type { Post } from "./post.ts";
import { foldPosts, roomAt, takeEntries, type RoomInfo, type RoomState } from "./room.ts";
import { raiseMark, type Counts, type Mark, type Mentions } from "./unread.ts";

/** A room as it was at `cursor`, with its newest posts. */
export interface Snapshot {
  readonly info: RoomInfo;
  readonly role: Role | null;
  readonly cursor: Cursor;
  readonly counts: Counts;
  readonly mark: Mark;
  readonly mentions: Mentions;
  readonly posts: readonly Post[];
  readonly before: number;
  readonly names: ReadonlyMap<string, string>;
}

/** Goes on from a snapshot. One that is older than what is known changes nothing. */
export function takeSnapshot(room: RoomState, snapshot: Snapshot): RoomState {
  const asOf = seqOf(snapshot.cursor);
  if (asOf < seqOf(room.cursor)) return room;
  const { info, role, cursor, counts, mentions, posts, before } = snapshot;
  const fresh: RoomState = {
    ...roomAt(room.id, room.self, cursor), ...info, role, counts, posts, before, mentions,
    names: setNames(room.names, snapshot.names, asOf),
    mark: snapshot.mark,
  };
  return takeEntries({ ...fresh, ...raiseMark(fresh, room.mark) }, room.ahead);
}

/** Members as read from the server after the client had folded up to `asOf`. */
export interface MemberList {
  readonly members: readonly { readonly user: string; readonly name: string; readonly role: Role }[];
  readonly asOf: number;
}

export function takeMembers(room: RoomState, list: MemberList): RoomState {
  return {
    ...room,
    members: setRoles(room.members, list.members.map(({ user, role }) => [user, role] as const), list.asOf),
    names: setNames(room.names, list.members.map(({ user, name }) => [user, name] as const), list.asOf),
  };
}

/** A run of a room's posts with their state, as read at `cursor` or shortly after it. */
export interface HistoryPage {
  readonly posts: readonly Post[];
  readonly cursor: Cursor;
  readonly before: number;
}

/**
 * Puts a page of history under the posts that are loaded. The entries between
 * the page's cursor and the room's are folded over it again. A page that is too
 * old for that changes nothing: its reader asks once more.
 */
export function takeHistory(room: RoomState, page: HistoryPage, end: number): RoomState {
  const asOf = seqOf(page.cursor);
  if (asOf < room.recentFrom) return room;
  const isFresher = asOf > seqOf(room.cursor);
  const bySeq = new Map(room.posts.map((post) => [post.seq, post]));
  for (const post of page.posts) {
    if (isFresher || !bySeq.has(post.seq)) bySeq.set(post.seq, post);
  }
  const merged = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  const posts = room.recent.filter((e) => e.seq > asOf).reduce((all, e) => foldPosts(all, e, room.self), merged as readonly Post[]);
  const isNext = room.before === null ? end === 0 : end === room.before && end !== 0;
  return { ...room, posts, before: isNext ? page.before : room.before };
}

/** Lets go of all but the newest posts: they can be loaded again. */
export function trimPosts(room: RoomState, keep: number): RoomState {
  const posts = room.posts.slice(-keep);
  const oldest = posts[0];
  if (!oldest || posts.length === room.posts.length) return room;
  return { ...room, posts, before: oldest.seq };
}
