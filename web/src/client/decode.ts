import type { RoomViewBody } from "../protocol/bodies.ts";
import type { RoomJoinedFrame } from "../protocol/frames.ts";
import type { ListedRoom } from "../state/app.ts";
import { seqOf } from "../state/cursor.ts";
import type { Snapshot } from "../state/history.ts";
import { postFrom } from "../state/post.ts";
import type { RoomInfo } from "../state/room.ts";
import type { Mentions } from "../state/unread.ts";

export function listedFrom(view: RoomViewBody): ListedRoom {
  return {
    id: view.room.id, info: infoFrom(view), role: view.role ?? null, cursor: view.head.cursor,
    counts: { posts: view.head.posts, alls: view.head.alls }, mark: view.mark, mentions: mentionsFrom(view),
  };
}

export function snapshotFrom(frame: RoomJoinedFrame): Snapshot {
  const { cursor, before, mark } = frame;
  return {
    info: infoFrom(frame), role: frame.role ?? null, cursor, head: seqOf(frame.head.cursor), before, mark,
    counts: { posts: frame.head.posts, alls: frame.head.alls }, mentions: mentionsFrom(frame),
    posts: frame.posts.map(postFrom), names: namesFrom(frame.names),
  };
}

export function namesFrom(wire: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(wire));
}

/** A direct room has no title: it is shown under the other person's name. */
function infoFrom({ room, peer }: RoomViewBody): RoomInfo {
  const { visibility, topic = "", pins = [], members: memberCount, deleted: isDeleted = false } = room;
  return { title: room.title ?? peer?.name ?? "", visibility, topic, pins, memberCount, isDeleted };
}

function mentionsFrom(view: RoomViewBody): Mentions {
  return { listed: view.unread.mentions, upTo: seqOf(view.head.cursor), seqs: [] };
}
