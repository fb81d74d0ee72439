import type { Entry } from "../protocol/frames.ts";

/** Running totals over a log up to some entry. Deleted posts stay counted. */
export interface Counts {
  readonly posts: number;
  /** Posts that mention everybody. */
  readonly alls: number;
}

/** How far a reader has read a room, with the running counts there. Marks only grow. */
export interface Mark extends Counts {
  readonly seq: number;
}

/** Unread posts that mention the reader. */
export interface Mentions {
  /** How many the server counted up to the seq `upTo`. */
  readonly listed: number;
  readonly upTo: number;
  /** The seqs of those that came later. */
  readonly seqs: readonly number[];
}

interface Reading {
  readonly self: string;
  readonly counts: Counts;
  readonly mark: Mark;
  readonly mentions: Mentions;
}

/** Folds an entry into the read mark and the mentions. The reader's own post marks the room as read up to it, as does joining. */
export function foldUnread(room: Reading, entry: Entry): Pick<Reading, "mark" | "mentions"> {
  const { self } = room;
  const isOwnPost = entry.kind === "posted" && entry.author === self;
  const isOwnJoin = entry.kind === "joined" && entry.user === self;
  const isOwnRoom = entry.kind === "created" && entry.founders.some((f) => f.user === self);
  if (isOwnPost || isOwnJoin || isOwnRoom) return raiseMark(room, { seq: entry.seq, posts: entry.posts, alls: entry.alls });
  if (entry.kind === "posted" && (entry.all || entry.mentions?.includes(self))) return noteMention(room, entry.seq);
  return { mark: room.mark, mentions: room.mentions };
}

export function raiseMark(room: Reading, mark: Mark): Pick<Reading, "mark" | "mentions"> {
  if (mark.seq <= room.mark.seq) return { mark: room.mark, mentions: room.mentions };
  const { listed, upTo, seqs } = room.mentions;
  const left = mark.seq >= upTo ? 0 : listed;
  return { mark, mentions: { listed: left, upTo, seqs: seqs.filter((s) => s > mark.seq) } };
}

function noteMention(room: Reading, seq: number): Pick<Reading, "mark" | "mentions"> {
  const { mark, mentions } = room;
  if (seq <= mark.seq || seq <= mentions.upTo || mentions.seqs.includes(seq)) return { mark, mentions };
  return { mark, mentions: { ...mentions, seqs: [...mentions.seqs, seq] } };
}

export interface Unread {
  readonly posts: number;
  readonly mentions: number;
}

/** Counts what is unread. A deleted post counts until it is read. */
export function unreadOf(room: Reading): Unread {
  return {
    posts: Math.max(0, room.counts.posts - room.mark.posts),
    mentions: room.mentions.listed + room.mentions.seqs.length,
  };
}
