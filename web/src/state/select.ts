import type { AppState } from "./app.ts";
import { seqOf } from "./cursor.ts";
import type { Names } from "./member.ts";
import { isStuck, withOutgoing, type Outgoing } from "./outgoing.ts";
import type { Post } from "./post.ts";
import { indexOfPost } from "./posts.ts";
import type { RoomState } from "./room.ts";
import { unreadOf, type Unread } from "./unread.ts";

/** One line of a timeline: a post of the log, or a message of the reader that is in flight. */
export type Line =
  | { readonly kind: "post"; readonly key: string; readonly post: Post; readonly quoted: Post | null; readonly trouble: Outgoing | null }
  | { readonly kind: "outgoing"; readonly key: string; readonly item: Outgoing; readonly quoted: Post | null };

/** The posts of a room that are loaded. */
type Known = Pick<RoomState, "posts" | "stretch" | "apart">;

/**
 * What the reader sees of a room: older posts, or its newest ones followed by messages in flight.
 * A post that neither changed nor has a change in flight is the same object each time.
 */
export function timeline(state: Pick<AppState, "self" | "outgoing">, room: Known & Pick<RoomState, "id" | "cursor">): readonly Line[] {
  const pending = state.outgoing.filter((item) => item.room === room.id);
  const isPosted = new Set(room.posts.filter((p) => p.author === state.self).map((p) => p.id));
  const posts = (room.stretch ?? room).posts.map((post): Line => ({
    kind: "post", key: `${post.author} ${post.id}`, trouble: troubleWith(post, pending),
    post: withOutgoing(post, pending, state.self), quoted: quotedBy(post.replyTo, room),
  }));
  if (room.stretch) return posts;
  const sends = pending.filter((item) => item.change.action === "send" && !isPosted.has(item.id) && !hasRead(room, item));
  return [...posts, ...sends.map((item): Line => ({
    kind: "outgoing", key: `${state.self} ${item.id}`, item, quoted: item.change.action === "send" ? quotedBy(item.change.replyTo, room) : null,
  }))];
}

function quotedBy(replyTo: number, room: Known): Post | null {
  return replyTo > 0 ? postAt(room, replyTo) : null;
}

/** Whether the change is in the log and the room was read up to it, so that the log shows it. */
export function hasRead(room: Pick<RoomState, "cursor">, item: Outgoing): boolean {
  return item.progress.step === "sent" && item.progress.seq <= seqOf(room.cursor);
}

/** A change of this post that waits for a decision by a person. */
function troubleWith(post: Post, pending: readonly Outgoing[]): Outgoing | null {
  const isOfPost = ({ change }: Outgoing) => "post" in change && change.post === post.seq && !ROOM_ACTIONS.has(change.action);
  return pending.find((item) => isOfPost(item) && isStuck(item)) ?? null;
}

/** The post if it is loaded, wherever it is shown. */
export function postAt(room: Known, seq: number): Post | null {
  const stretch = room.stretch?.posts ?? [];
  return room.posts[indexOfPost(room.posts, seq)] ?? stretch[indexOfPost(stretch, seq)] ?? room.apart.get(seq) ?? null;
}

/** The topic as it will be once the changes in flight are written. */
export function topicOf(state: Pick<AppState, "outgoing">, room: RoomState): string {
  return moving(state, room).reduce((topic, { change }) => (change.action === "topic" ? change.text : topic), room.topic);
}

/** The seqs of the pinned posts as they will be once the changes in flight are written, the last one pinned first. */
export function pinsOf(state: Pick<AppState, "outgoing">, room: Pick<RoomState, "id" | "cursor" | "pins">): readonly number[] {
  const pins = moving(state, room).reduce((held, { change }) => {
    if (change.action !== "pin" && change.action !== "unpin") return held;
    const others = held.filter((seq) => seq !== change.post);
    return change.action === "pin" ? [...others, change.post] : others;
  }, room.pins);
  return pins.toReversed();
}

function moving(state: Pick<AppState, "outgoing">, room: Pick<RoomState, "id" | "cursor">): readonly Outgoing[] {
  return state.outgoing.filter((item) => item.room === room.id && !isStuck(item) && !hasRead(room, item));
}

/** Changes of the room itself, not of a message, that wait for a decision by a person. */
export function stuckWith(state: Pick<AppState, "outgoing">, room: RoomState): readonly Outgoing[] {
  return state.outgoing.filter((item) => item.room === room.id && isStuck(item) && ROOM_ACTIONS.has(item.change.action));
}

const ROOM_ACTIONS: ReadonlySet<string> = new Set(["topic", "pin", "unpin"]);

type Named = Pick<RoomState, "names">;

/** The name of a user in a room, or the start of their id if the name is unknown. */
export function nameOf(room: Named, user: string): string {
  return room.names.get(user)?.name ?? user.slice(0, 8);
}

/** Whether another member's name looks the same, so that a mark must tell them apart. */
export function isNameShared({ names }: Named, user: string): boolean {
  const count = bearersIn(names).get(foldName(nameOf({ names }, user))) ?? 0;
  return count > (names.has(user) ? 1 : 0);
}

const countedNames = new WeakMap<Names, ReadonlyMap<string, number>>();

/** How many users have each folded name, counted once for all messages: a room may have 5,000 members. */
function bearersIn(names: Names): ReadonlyMap<string, number> {
  const known = countedNames.get(names);
  if (known) return known;
  const counted = new Map<string, number>();
  for (const { name } of names.values()) {
    const folded = foldName(name);
    counted.set(folded, (counted.get(folded) ?? 0) + 1);
  }
  countedNames.set(names, counted);
  return counted;
}

function foldName(name: string): string {
  return name.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
}

const order = new Intl.Collator();

export interface RoomLine {
  readonly room: RoomState;
  readonly unread: Unread;
}

/** The reader's rooms, by title and then by id. */
export function roomLines(state: Pick<AppState, "rooms">): readonly RoomLine[] {
  return livingRooms(state)
    .sort((a, b) => order.compare(a.title, b.title) || (a.id < b.id ? -1 : 1))
    .map((room) => ({ room, unread: unreadOf(room) }));
}

export function totalUnread(state: Pick<AppState, "rooms">): number {
  return livingRooms(state).reduce((sum, room) => sum + unreadOf(room).posts, 0);
}

function livingRooms({ rooms }: Pick<AppState, "rooms">): RoomState[] {
  return [...rooms.values()].filter((room) => !room.isDeleted);
}

/** Who is writing in the room now, by name. */
export function typingIn(state: Pick<AppState, "typing">, room: string, now: number): readonly string[] {
  const typists = state.typing.get(room);
  return typists ? [...typists.values()].filter((t) => t.until > now).map((t) => t.name) : [];
}
