import type { Cursor, Role } from "../protocol/frames.ts";
import { seqOf } from "./cursor.ts";
import { countOf, setNames, wholeRoll } from "./member.ts";
import type { Post } from "./post.ts";
import { foldKnown } from "./posts.ts";
import { roomAt, takeEntries, type RoomInfo, type RoomState } from "./room.ts";
import { joined, type Stretch } from "./stretch.ts";
import { raiseMark, type Counts, type Mark, type Mentions } from "./unread.ts";

/** A room as it was at `cursor`, with its newest posts. */
export interface Snapshot {
  readonly info: RoomInfo;
  readonly role: Role | null;
  readonly cursor: Cursor;
  /** The seq of the newest entry that it may show. */
  readonly head: number;
  readonly counts: Counts;
  readonly mark: Mark;
  readonly mentions: Mentions;
  readonly posts: readonly Post[];
  readonly before: number;
  readonly names: ReadonlyMap<string, string>;
}

/** Continues from a snapshot. One that is older than what is known changes nothing. */
export function takeSnapshot(room: RoomState, snapshot: Snapshot): RoomState {
  const asOf = seqOf(snapshot.cursor);
  if (asOf < seqOf(room.cursor)) return room;
  const { info, role, cursor, counts, mentions, posts, before } = snapshot;
  const fresh: RoomState = {
    ...roomAt(room.id, room.self, cursor), ...info, role, counts, posts, before, mentions, countedTo: snapshot.head,
    names: setNames(room.names, snapshot.names, asOf),
    mark: snapshot.mark,
  };
  return takeEntries({ ...fresh, ...raiseMark(fresh, room.mark) }, room.ahead);
}

/** All members as read from the server after the client had folded up to `asOf`. */
export interface MemberList {
  readonly members: readonly { readonly user: string; readonly name: string; readonly role: Role }[];
  readonly asOf: number;
}

/** Takes a list of members. One that was read before the latest snapshot may be outdated and changes nothing: the caller asks again. */
export function takeMembers(room: RoomState, list: MemberList): RoomState {
  if (list.asOf < room.base) return room;
  const members = wholeRoll(room.members, list.members.map(({ user, role }) => [user, role] as const), list.asOf);
  return {
    ...room, members, isRollWhole: true, memberCount: countOf(members),
    names: setNames(room.names, list.members.map(({ user, name }) => [user, name] as const), list.asOf),
  };
}

/** Consecutive posts of a room with their state, as read at `cursor` or shortly after it. */
export interface HistoryPage {
  readonly posts: readonly Post[];
  readonly cursor: Cursor;
  readonly before: number;
}

/**
 * Puts a page of history above the loaded posts if it still ends where they
 * begin: some may have been dropped meanwhile. A page that is too old changes
 * nothing either: the caller asks again.
 */
export function takeHistory(room: RoomState, page: HistoryPage, end: number): RoomState {
  if (end !== room.before || room.before === 0) return room;
  const older = upToDate(room, page);
  return older ? meet({ ...room, posts: [...older, ...room.posts], before: page.before }) : room;
}

/**
 * Shows a stretch of history instead of the newest posts, or extends the one that
 * is shown. A page that does not touch that one is taken only when the reader jumps to it.
 */
export function takeStretch(room: RoomState, page: HistoryPage, end: number, isJump: boolean): RoomState {
  const posts = upToDate(room, page);
  if (!posts) return room;
  const read: Stretch = { posts, before: page.before, after: end };
  const longer = room.stretch && joined(room.stretch, read);
  if (!longer && !isJump) return room;
  return meet({ ...room, stretch: longer ?? read });
}

/** Keeps posts apart from all others, such as pinned ones. */
export function takeApart(room: RoomState, page: HistoryPage): RoomState {
  const posts = upToDate(room, page);
  return posts ? { ...room, apart: new Map([...room.apart, ...posts.map((post) => [post.seq, post] as const)]) } : room;
}

/** Joins a stretch to the newest posts once it reaches them. */
function meet(room: RoomState): RoomState {
  const { stretch, posts, before } = room;
  if (!stretch || stretch.after < before) return room;
  const older = stretch.posts.filter((post) => post.seq < before);
  return { ...room, stretch: null, posts: [...older, ...posts], before: Math.min(before, stretch.before) };
}

/** The posts of a page as they are now; null if the page is too old to tell. */
function upToDate(room: RoomState, page: HistoryPage): readonly Post[] | null {
  if (seqOf(page.cursor) < room.recentFrom) return null;
  const since = room.recent.filter((e) => e.seq > seqOf(page.cursor));
  return since.reduce((all, e) => foldKnown(all, e, room.self), page.posts);
}

/** Drops all but the newest posts; the others can be loaded again. */
export function trimPosts(held: RoomState, keep: number): RoomState {
  const room = held.stretch ? { ...held, stretch: null } : held;
  const posts = room.posts.slice(-keep);
  const oldest = posts[0];
  if (!oldest || posts.length === room.posts.length) return room;
  return { ...room, posts, before: oldest.seq };
}
