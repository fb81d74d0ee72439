import { describe, expect, it } from "vitest";
import { takeHistory, takeStretch, type HistoryPage } from "./history.ts";
import type { Post } from "./post.ts";
import { roomAt, takeEntries, type RoomState } from "./room.ts";

function postAt(seq: number): Post {
  return {
    seq, at: seq, author: "you", id: `e${seq}`, text: `text ${seq}`, replyTo: 0, mentions: [], all: false,
    edited: 0, deleted: 0, reactions: [], reacted: 0,
  };
}

function postsAt(from: number, to: number): readonly Post[] {
  return Array.from({ length: to - from + 1 }, (_, i) => postAt(from + i));
}

/** A page of the posts from one seq to another, as read when the log had 40 entries. */
function pageOf(from: number, to: number): HistoryPage {
  return { posts: postsAt(from, to), before: from === 1 ? 0 : from, cursor: "40.x" };
}

/** A room of 40 posts: the newest, from 31 on, are loaded, and those from 11 to 20 are shown instead. */
function jumped(): RoomState {
  const newest: RoomState = { ...roomAt("r", "me", "40.x"), recentFrom: 0, posts: postsAt(31, 40), before: 31 };
  return takeStretch(newest, pageOf(11, 20), 21, true);
}

const seqs = (posts: readonly Post[] = []): readonly number[] => posts.map((post) => post.seq);
const run = (from: number, to: number): readonly number[] => seqs(postsAt(from, to));

describe("a stretch of history that the reader jumped to", () => {
  it("stays apart from the newest posts while there may be a post between them", () => {
    const room = takeStretch(jumped(), pageOf(21, 29), 30, false);
    expect(seqs(room.stretch?.posts)).toEqual(run(11, 29));
    expect(room.stretch?.after).toBe(30);
    expect(seqs(room.posts)).toEqual(run(31, 40));
  });

  it("is replaced by another page only when the reader jumps to that", () => {
    const room = jumped();
    expect(takeStretch(room, pageOf(1, 5), 6, false)).toBe(room);
    expect(seqs(takeStretch(room, pageOf(1, 5), 6, true).stretch?.posts)).toEqual(run(1, 5));
  });

  it.each([["ends where they begin", 30], ["reaches over their beginning", 34], ["ends where the log does", 40]])(
    "joins the newest posts once it %s, and shows each post once",
    (_how, to) => {
      const before = jumped();
      const room = takeStretch(before, pageOf(18, to), to + 1, false);
      expect(room.stretch).toBeNull();
      expect(seqs(room.posts)).toEqual(run(11, 40));
      expect(room.before).toBe(11);
      // They are the same objects, so that they are not drawn again.
      for (const post of [...(before.stretch?.posts ?? []), ...before.posts]) expect(room.posts).toContain(post);
    },
  );

  it("joins the newest posts when they are extended down to it, with posts that were written meanwhile", () => {
    const entry = { seq: 41, cursor: "41.x", at: 41, author: "me", id: "e41", kind: "posted", text: "text 41", posts: 41, alls: 0 } as const;
    const room = takeHistory(takeEntries(jumped(), [entry]), pageOf(21, 30), 31);
    expect(room.stretch).toBeNull();
    expect(seqs(room.posts)).toEqual(run(11, 41));
    expect(room.before).toBe(11);
  });

  it("keeps the older of the newest posts when those reach further back", () => {
    const room = takeHistory(jumped(), pageOf(5, 30), 31);
    expect(room.stretch).toBeNull();
    expect(seqs(room.posts)).toEqual(run(5, 40));
    expect(room.before).toBe(5);
  });

  it("joins posts that are written later when it reaches the end of the log", () => {
    const room = takeStretch({ ...jumped(), posts: [], before: 41 }, pageOf(21, 40), 41, false);
    expect(room.stretch).toBeNull();
    expect(seqs(room.posts)).toEqual(run(11, 40));
  });
});

describe("a room of which no history is loaded yet", () => {
  const said = (seq: number) => ({
    seq, cursor: `${seq}.x`, at: seq, author: "me", id: `e${seq}`, kind: "posted", text: `text ${seq}`, posts: seq, alls: 0,
  } as const);
  const listed = roomAt("r", "me", "40.x");

  it("shows posts that are written meanwhile", () => {
    const room = takeEntries(listed, [said(41), said(42)]);
    expect(seqs(room.posts)).toEqual([41, 42]);
  });

  it.each(["40.x", "41.x"])("shows each post once when a page as of %s comes", (cursor) => {
    const room = takeHistory(takeEntries(listed, [said(41), said(42)]), { ...pageOf(21, 40), cursor }, listed.before);
    expect(seqs(room.posts)).toEqual(run(21, 42));
    expect(room.before).toBe(21);
  });
});
