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
  return setRoles(members, [[user, role]], asOf);
}

/** One copy for all of them: a room may have 5,000 members. */
export function setRoles(members: Members, read: Iterable<readonly [user: string, role: Role | null]>, asOf: number): Members {
  const all = new Map(members);
  for (const [user, role] of read) {
    if ((all.get(user)?.asOf ?? 0) <= asOf) all.set(user, { user, role, asOf });
  }
  return all;
}

export function setName(names: Names, user: string, name: string, asOf: number): Names {
  return setNames(names, [[user, name]], asOf);
}

/** Names as a reading at seq `asOf` or later gave them. */
export function setNames(names: Names, read: Iterable<readonly [user: string, name: string]>, asOf: number): Names {
  const isNews = ([user, name]: readonly [string, string]): boolean => {
    const held = names.get(user);
    return !held || (held.asOf <= asOf && held.name !== name);
  };
  const news = [...read].filter(isNews);
  if (news.length === 0) return names;
  return new Map([...names, ...news.map(([user, name]) => [user, { name, asOf }] as const)]);
}
