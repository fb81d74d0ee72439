import type { Entry, Role } from "../protocol/frames.ts";

export interface Member {
  readonly user: string;
  /** null once they have left. */
  readonly role: Role | null;
  /** Entries up to here are in this state already. */
  readonly asOf: number;
}

export type Members = ReadonlyMap<string, Member>;

/** A name and the entry, or the reading, that it comes from: the newer one stands. */
export interface Named {
  readonly name: string;
  readonly asOf: number;
}

export type Names = ReadonlyMap<string, Named>;

export function foldMembers(members: Members, entry: Entry): Members {
  switch (entry.kind) {
    case "created":
      return entry.founders.reduce((all, f) => setRole(all, f.user, f.role, entry.seq), members);
    case "joined":
    case "role_set":
      return setRole(members, entry.user, entry.role, entry.seq);
    case "left":
    case "removed":
      return setRole(members, entry.user, null, entry.seq);
    default:
      return members;
  }
}

export function foldNames(names: Names, entry: Entry): Names {
  switch (entry.kind) {
    case "created":
      return entry.founders.reduce((all, f) => setName(all, f.user, f.name, entry.seq), names);
    case "joined":
    case "renamed":
      return setName(names, entry.user, entry.name, entry.seq);
    default:
      return names;
  }
}

export function setRole(members: Members, user: string, role: Role | null, asOf: number): Members {
  const held = members.get(user);
  if (held && held.asOf > asOf) return members;
  return new Map(members).set(user, { user, role, asOf });
}

export function setName(names: Names, user: string, name: string, asOf: number): Names {
  const held = names.get(user);
  if (held && (held.asOf > asOf || held.name === name)) return names;
  return new Map(names).set(user, { name, asOf });
}
