import { useMemo } from "preact/hooks";
import type { RoomState } from "../state/room.ts";
import { isNameShared, nameOf } from "../state/select.ts";

/** The parts of a room that its messages show. A change of any other part draws no message again. */
export type Place = Pick<RoomState, "id" | "self" | "role" | "visibility" | "isDeleted" | "names">;

/** Returns the same object until one of these parts changes. */
export function usePlace({ id, self, role, visibility, isDeleted, names }: RoomState): Place {
  return useMemo(() => ({ id, self, role, visibility, isDeleted, names }), [id, self, role, visibility, isDeleted, names]);
}

/** Whether a message that shows the names of these people looks alike in both, whatever other names changed. */
export function isSamePlace(before: Place, now: Place, people: () => readonly string[]): boolean {
  if (before === now) return true;
  const isSame = before.id === now.id && before.self === now.self && before.role === now.role
    && before.visibility === now.visibility && before.isDeleted === now.isDeleted;
  return isSame && people().every((user) => nameOf(before, user) === nameOf(now, user) && isNameShared(before, user) === isNameShared(now, user));
}
