import type { RoomState } from "../state/room.ts";
import { nameOf } from "../state/select.ts";

/** How many members one post may mention. */
const MAX_MENTIONS = 20;
const EVERYBODY = ["all", "모두"];

export interface Mentioned {
  readonly mentions: readonly string[];
  readonly all: boolean;
}

/**
 * Finds the members that a text mentions. A name may be followed by anything,
 * since Korean particles follow without a space. Of several names that match, the
 * longest counts.
 */
export function mentionedIn(text: string, room: RoomState): Mentioned {
  const members = [...room.members.values()].filter((m) => m.role !== null && m.user !== room.self);
  const known = members
    .map(({ user }) => ({ user, name: nameOf(room, user) }))
    .concat(EVERYBODY.map((name) => ({ user: "", name })))
    .sort((a, b) => b.name.length - a.name.length);
  const found = new Set<string>();
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const rest = text.slice(at + 1);
    const longest = known.find(({ name }) => rest.startsWith(name))?.name;
    for (const { user, name } of known) if (name === longest) found.add(user);
  }
  const all = found.delete("");
  return { mentions: [...found].slice(0, MAX_MENTIONS), all };
}
