import { useMemo } from "preact/hooks";
import type { RoomState } from "../state/room.ts";
import { isNameShared, nameOf } from "../state/select.ts";

/** What messages show of their room. All else of it may change without any message being drawn again. */
export type Place = Pick<RoomState, "id" | "self" | "role" | "visibility" | "isDeleted" | "names">;

/** The same object for as long as the room is the same to its messages. */
export function usePlace({ id, self, role, visibility, isDeleted, names }: RoomState): Place {
  return useMemo(() => ({ id, self, role, visibility, isDeleted, names }), [id, self, role, visibility, isDeleted, names]);
}

/** Whether a message that names these people looks alike in both: somebody else's name is nothing to it. */
export function isSamePlace(before: Place, now: Place, people: () => readonly string[]): boolean {
  if (before === now) return true;
  const isSame = before.id === now.id && before.self === now.self && before.role === now.role
    && before.visibility === now.visibility && before.isDeleted === now.isDeleted;
  return isSame && people().every((user) => nameOf(before, user) === nameOf(now, user) && isNameShared(before, user) === isNameShared(now, user));
}
