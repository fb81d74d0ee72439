import type { Cursor, Entry, Role, Visibility } from "../protocol/frames.ts";
import { seqOf, START } from "./cursor.ts";
import { countAfter, foldMembers, foldNames, type Members, type Names } from "./member.ts";
import { foldUnread, type Counts, type Mark, type Mentions } from "./unread.ts";
import { postConcerned, type Post } from "./post.ts";
import { foldPosts } from "./posts.ts";
import { foldApart, foldStretch, type Stretch } from "./stretch.ts";

/** What a snapshot and the log say of the room itself. */
export interface RoomInfo {
  readonly title: string;
  readonly visibility: Visibility;
  readonly topic: string;
  readonly pins: readonly number[];
  readonly memberCount: number;
  readonly isDeleted: boolean;
}

/** What this browser knows of one room: a fold over its log. */
export interface RoomState extends RoomInfo {
  readonly id: string;
  /** The reader's user id. */
  readonly self: string;
  /** All entries up to here are folded in. */
  readonly cursor: Cursor;
  readonly counts: Counts;
  /** The reader's role; null if they are not a member. */
  readonly role: Role | null;
  /** The seq from which entries were folded: anything read before it is of no use. */
  readonly base: number;
  /** `memberCount` may include joinings and leavings up to this seq already. */
  readonly countedTo: number;
  /** Whether `members` is complete. */
  readonly isRollWhole: boolean;
  readonly members: Members;
  readonly names: Names;
  /** Loaded posts by rising seq, without gaps from `before` on. */
  readonly posts: readonly Post[];
  /** The seq before which the next older page ends; 0 if there is none. */
  readonly before: number;
  /** Older posts that are shown instead of the newest ones; null if the newest are shown. */
  readonly stretch: Stretch | null;
  /** Posts that were loaded one by one, by seq: the pinned ones. */
  readonly apart: ReadonlyMap<number, Post>;
  /** Entries that arrived after a hole, by rising seq. */
  readonly ahead: readonly Entry[];
  /** The latest folded entries that make or change posts, for folding over pages of history. */
  readonly recent: readonly Entry[];
  /** `recent` holds all such entries after this seq. */
  readonly recentFrom: number;
  /** How far the reader has read, with the running counts there. */
  readonly mark: Mark;
  readonly mentions: Mentions;
}

/** How many entries `recent` keeps. */
const MAX_RECENT = 1000;

const NO_INFO: RoomInfo = { title: "", visibility: "public", topic: "", pins: [], memberCount: 0, isDeleted: false };

/**
 * A room of which nothing is known but the cursor to read on from. Posts after it
 * are shown even before a page of history is loaded: a message that is sent into a
 * new room must not vanish meanwhile.
 */
export function roomAt(id: string, self: string, cursor: Cursor = START): RoomState {
  const base = seqOf(cursor);
  return {
    id, self, ...NO_INFO, cursor, counts: { posts: 0, alls: 0 }, role: null, base, countedTo: 0, isRollWhole: base === 0,
    members: new Map(), names: new Map(), posts: [], before: base === 0 ? 0 : base + 1, stretch: null, apart: new Map(),
    ahead: [], recent: [], recentFrom: base,
    mark: { seq: 0, posts: 0, alls: 0 }, mentions: { listed: 0, upTo: 0, seqs: [] },
  };
}

/**
 * Takes entries in any order, possibly more than once. Those that follow the
 * cursor are folded; those after a hole wait until it is filled.
 */
export function takeEntries(room: RoomState, entries: readonly Entry[]): RoomState {
  const next = seqOf(room.cursor) + 1;
  const bySeq = new Map<number, Entry>();
  for (const entry of [...room.ahead, ...entries]) {
    if (entry.seq >= next) bySeq.set(entry.seq, entry);
  }
  const run: Entry[] = [];
  for (let entry = bySeq.get(next); entry; entry = bySeq.get(next + run.length)) {
    run.push(entry);
    bySeq.delete(entry.seq);
  }
  const ahead = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  return { ...run.reduce(foldEntry, room), ahead };
}

export function canWriteIn(room: Pick<RoomState, "role" | "isDeleted">): boolean {
  return room.role !== null && room.role !== "reader" && !room.isDeleted;
}

/** Whether the reader may pin, set the topic and moderate. In a direct room every member may. */
export function canManage(room: Pick<RoomState, "role" | "isDeleted" | "visibility">): boolean {
  const isOfRank = room.role === "moderator" || room.role === "owner" || (room.visibility === "direct" && room.role !== null);
  return isOfRank && !room.isDeleted;
}

/** Whether entries arrived that cannot be folded because others are missing before them. */
export function hasHole(room: RoomState): boolean {
  return room.ahead.length > 0;
}

function foldEntry(room: RoomState, entry: Entry): RoomState {
  return {
    ...room,
    ...foldInfo(room, entry),
    memberCount: countAfter(room, entry),
    role: foldOwnRole(room.role, entry, room.self),
    members: foldMembers(room.members, entry),
    names: foldNames(room.names, entry),
    posts: foldPosts(room.posts, room.before, entry, room.self),
    stretch: room.stretch && foldStretch(room.stretch, entry, room.self),
    apart: foldApart(room.apart, entry, room.self),
    ...foldRecent(room, entry),
    cursor: entry.cursor,
    counts: { posts: entry.posts, alls: entry.alls },
    ...foldUnread(room, entry),
  };
}

function foldInfo(room: RoomInfo, entry: Entry): Partial<RoomInfo> {
  switch (entry.kind) {
    case "created":
      return { title: entry.title ?? "", visibility: entry.visibility };
    case "settings_changed":
      return { title: entry.title, visibility: entry.visibility };
    case "topic_set":
      return { topic: entry.text ?? "" };
    case "pinned":
      return { pins: [...room.pins.filter((p) => p !== entry.post), entry.post] };
    case "unpinned":
      return { pins: room.pins.filter((p) => p !== entry.post) };
    case "room_deleted":
      return { isDeleted: true };
    default:
      return {};
  }
}

function foldOwnRole(role: Role | null, entry: Entry, self: string): Role | null {
  switch (entry.kind) {
    case "created":
      return entry.founders.find((f) => f.user === self)?.role ?? role;
    case "joined":
    case "role_set":
      return entry.user === self ? entry.role : role;
    case "left":
    case "removed":
      return entry.user === self ? null : role;
    default:
      return role;
  }
}

function foldRecent(room: RoomState, entry: Entry): Pick<RoomState, "recent" | "recentFrom"> {
  const { recent: held, recentFrom } = room;
  if (entry.kind !== "posted" && postConcerned(entry) === 0) return { recent: held, recentFrom };
  const recent = [...held, entry];
  if (recent.length <= MAX_RECENT) return { recent, recentFrom };
  const dropped = recent.splice(0, MAX_RECENT / 2);
  return { recent, recentFrom: dropped.at(-1)?.seq ?? recentFrom };
}
