import type { Entry, Role } from "../protocol/frames.ts";

export interface Member {
  readonly user: string;
  /** null once they have left. */
  readonly role: Role | null;
  /** This state includes the entries up to here. */
  readonly asOf: number;
}

export type Members = ReadonlyMap<string, Member>;

/** A name and the seq of the entry, or of the read, that it comes from: the newer one wins. */
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

/** Sets many roles with one copy of the map: a room may have 5,000 members. */
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

/** Sets names that were read at seq `asOf` or later. */
export function setNames(names: Names, read: Iterable<readonly [user: string, name: string]>, asOf: number): Names {
  const isNews = ([user, name]: readonly [string, string]): boolean => {
    const held = names.get(user);
    return !held || (held.asOf <= asOf && held.name !== name);
  };
  const news = [...read].filter(isNews);
  if (news.length === 0) return names;
  return new Map([...names, ...news.map(([user, name]) => [user, { name, asOf }] as const)]);
}

interface Roll {
  readonly members: Members;
  readonly isRollWhole: boolean;
  readonly memberCount: number;
  readonly countedTo: number;
}

/**
 * The number of members after the entry. A joining or leaving may be counted
 * already: a snapshot counts the members a little after its cursor.
 */
export function countAfter(roll: Roll, entry: Entry): number {
  switch (entry.kind) {
    case "created":
      return entry.founders.length;
    case "joined":
      return roll.memberCount + (isIn(roll, entry.user, entry.seq, true) ? 0 : 1);
    case "left":
    case "removed":
      return roll.memberCount - (isIn(roll, entry.user, entry.seq, false) ? 1 : 0);
    default:
      return roll.memberCount;
  }
}

/** Whether the user was counted as a member before an entry; `after` says whether they are one after it. */
function isIn({ members, isRollWhole, countedTo }: Roll, user: string, seq: number, after: boolean): boolean {
  const known = members.get(user);
  if (isRollWhole) return known !== undefined && known.role !== null;
  return seq <= countedTo ? after : !after;
}

/** The members as they were read: everyone else has left. */
export function wholeRoll(held: Members, read: readonly (readonly [user: string, role: Role])[], asOf: number): Members {
  const listed = new Set(read.map(([user]) => user));
  const gone = [...held.keys()].filter((user) => !listed.has(user));
  return setRoles(setRoles(held, read, asOf), gone.map((user) => [user, null] as const), asOf);
}

export function countOf(members: Members): number {
  return [...members.values()].filter((member) => member.role !== null).length;
}
