import type { Cursor, Entry, Role } from "../protocol/frames.ts";
import { seqOf, START } from "./cursor.ts";
import { takeApart, takeHistory, takeMembers, takeSnapshot, takeStretch, trimPosts } from "./history.ts";
import type { HistoryPage, MemberList, Snapshot } from "./history.ts";
import { setNames } from "./member.ts";
import type { Outgoing } from "./outgoing.ts";
import { roomAt, takeEntries, type RoomInfo, type RoomState } from "./room.ts";
import { raiseMark, type Counts, type Mark, type Mentions } from "./unread.ts";

/** Why the server refuses this user until they sign in anew, or for good. */
export type Refusal = "signed-out" | "banned";

/** The state of the connection to the server. */
export type ConnectionStatus = "connecting" | "connected" | "offline" | Refusal;

/** A room as the server lists it. */
export interface ListedRoom {
  readonly id: string;
  readonly info: RoomInfo;
  readonly role: Role | null;
  readonly cursor: Cursor;
  readonly counts: Counts;
  readonly mark: Mark;
  readonly mentions: Mentions;
}

export interface PresentUser {
  readonly user: string;
  /** null if they were never a member. */
  readonly name: string | null;
  readonly isHidden: boolean;
}

export interface Presence {
  readonly users: readonly PresentUser[];
  readonly total: number;
}

export interface Typist {
  readonly name: string;
  /** They count as typing until then, in milliseconds since 1970. */
  readonly until: number;
}

export interface AppState {
  /** The reader's user id. */
  readonly self: string;
  readonly connection: ConnectionStatus;
  readonly isListed: boolean;
  readonly rooms: ReadonlyMap<string, RoomState>;
  readonly presence: ReadonlyMap<string, Presence>;
  readonly typing: ReadonlyMap<string, ReadonlyMap<string, Typist>>;
  readonly outgoing: readonly Outgoing[];
}

export type AppEvent =
  | { readonly type: "connection"; readonly status: ConnectionStatus }
  | { readonly type: "rooms"; readonly rooms: readonly ListedRoom[] }
  | { readonly type: "room"; readonly room: ListedRoom }
  | { readonly type: "snapshot"; readonly room: string; readonly snapshot: Snapshot }
  | { readonly type: "entries"; readonly room: string; readonly entries: readonly Entry[]; readonly names: ReadonlyMap<string, string> }
  | { readonly type: "history"; readonly room: string; readonly page: HistoryPage; readonly end: number; readonly names: ReadonlyMap<string, string> }
  /** A page of history apart from the newest posts was read, to jump there or to read on there. */
  | { readonly type: "stretch"; readonly room: string; readonly page: HistoryPage; readonly end: number; readonly isJump: boolean; readonly names: ReadonlyMap<string, string> }
  /** The newest posts are shown again. */
  | { readonly type: "latest"; readonly room: string }
  | { readonly type: "apart"; readonly room: string; readonly page: HistoryPage; readonly names: ReadonlyMap<string, string> }
  | { readonly type: "members"; readonly room: string; readonly list: MemberList }
  | { readonly type: "trim"; readonly room: string; readonly keep: number }
  | { readonly type: "reset"; readonly room: string }
  | { readonly type: "lost"; readonly room: string }
  | { readonly type: "mark"; readonly room: string; readonly mark: Mark }
  | { readonly type: "presence"; readonly room: string; readonly presence: Presence }
  | { readonly type: "typing"; readonly room: string; readonly user: string; readonly name: string; readonly until: number }
  | { readonly type: "outgoing"; readonly outgoing: readonly Outgoing[] };

export function newState(self: string): AppState {
  return {
    self, connection: "connecting", isListed: false, rooms: new Map(), presence: new Map(), typing: new Map(), outgoing: [],
  };
}

/** Returns the state after the event. Nothing else changes what the page shows. */
export function reduce(state: AppState, event: AppEvent): AppState {
  switch (event.type) {
    case "connection":
      return { ...state, connection: event.status };
    case "rooms":
      return listRooms(state, event.rooms);
    case "room":
      return { ...state, rooms: new Map(state.rooms).set(event.room.id, fromListed(state, event.room)) };
    case "snapshot":
      return inRoom(state, event.room, (room) => takeSnapshot(room, event.snapshot));
    case "entries":
      return takeAppended(state, event.room, event.entries, event.names);
    case "history":
      return inRoom(state, event.room, (room) => named(takeHistory(room, event.page, event.end), event));
    case "stretch":
      return inRoom(state, event.room, (room) => named(takeStretch(room, event.page, event.end, event.isJump), event));
    case "latest":
      return inRoom(state, event.room, (room) => (room.stretch ? { ...room, stretch: null } : room));
    case "apart":
      return inRoom(state, event.room, (room) => named(takeApart(room, event.page), event));
    case "members":
      return inRoom(state, event.room, (room) => takeMembers(room, event.list));
    case "trim":
      return inRoom(state, event.room, (room) => trimPosts(room, event.keep));
    case "reset":
      return inRoom(state, event.room, ({ id, self, title }) => ({ ...roomAt(id, self, START), before: 1, title }));
    case "lost":
      return { ...state, rooms: without(state.rooms, event.room) };
    case "mark":
      return inRoom(state, event.room, (room) => ({ ...room, ...raiseMark(room, event.mark) }));
    case "presence":
      return { ...state, presence: new Map(state.presence).set(event.room, event.presence) };
    case "typing":
      return startTyping(state, event.room, event.user, { name: event.name, until: event.until });
    case "outgoing":
      return { ...state, outgoing: event.outgoing };
  }
}

function named(room: RoomState, read: { readonly page: HistoryPage; readonly names: ReadonlyMap<string, string> }): RoomState {
  return { ...room, names: setNames(room.names, read.names, seqOf(read.page.cursor)) };
}

function inRoom(state: AppState, id: string, change: (room: RoomState) => RoomState): AppState {
  const room = state.rooms.get(id);
  if (!room) return state;
  const changed = change(room);
  return changed === room ? state : { ...state, rooms: new Map(state.rooms).set(id, changed) };
}

/** Removes the rooms that the list does not name, and keeps what is known of the others. */
function listRooms(state: AppState, listed: readonly ListedRoom[]): AppState {
  return { ...state, isListed: true, rooms: new Map(listed.map((room) => [room.id, fromListed(state, room)])) };
}

function fromListed(state: AppState, listed: ListedRoom): RoomState {
  const { id, info, role, cursor, counts, mark, mentions } = listed;
  const known = state.rooms.get(id);
  // The state of a known room may be newer than the list.
  if (known) return { ...known, ...raiseMark(known, mark), role: known.role ?? role };
  const fresh = { ...roomAt(id, state.self, cursor), ...info, role, counts };
  return { ...fresh, mark, mentions };
}

function takeAppended(
  state: AppState, id: string, entries: readonly Entry[], names: ReadonlyMap<string, string>,
): AppState {
  const next = inRoom(state, id, (room) => {
    const taken = takeEntries(room, entries);
    return names.size === 0 ? taken : { ...taken, names: setNames(taken.names, names, seqOf(taken.cursor)) };
  });
  const writers = entries.filter((e) => e.kind === "posted").map((e) => e.author);
  return writers.reduce((all, user) => stopTyping(all, id, user), next);
}

function startTyping(state: AppState, room: string, user: string, typist: Typist): AppState {
  if (user === state.self) return state;
  const inThere = new Map(state.typing.get(room)).set(user, typist);
  return { ...state, typing: new Map(state.typing).set(room, inThere) };
}

function stopTyping(state: AppState, room: string, user: string): AppState {
  const inThere = state.typing.get(room);
  if (!inThere?.has(user)) return state;
  return { ...state, typing: new Map(state.typing).set(room, without(inThere, user)) };
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
