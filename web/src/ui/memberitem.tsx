import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Role } from "../protocol/frames.ts";
import { Avatar } from "./avatar.tsx";
import { areSame, memo } from "./memo.ts";
import { troubleOf, usePage, useText } from "./page.ts";
import type { Place } from "./place.ts";

export interface Listed {
  readonly user: string;
  readonly name: string;
  readonly role: Role;
  /** Whether they have a page open and look at it, have only hidden ones open, or have none. */
  readonly presence: "here" | "hidden" | "absent";
}

interface MemberItemProps {
  readonly room: Place;
  readonly member: Listed;
  readonly talkTo: (user: string) => Promise<void>;
}

const RANKS: Readonly<Record<Role, number>> = { reader: 1, member: 2, moderator: 3, owner: 4 };
const ROLES: readonly Role[] = ["owner", "moderator", "member", "reader"];

/** One member: their name, role and presence, and what the reader may do about them. */
export const MemberItem = memo(function MemberItem({ room, member, talkTo }: MemberItemProps): VNode {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const { user, name, role, presence } = member;
  const isSelf = user === room.self;
  const isDirect = room.visibility === "direct";
  const canRemove = !isSelf && (room.role === "owner" || room.role === "moderator") && RANKS[role] < RANKS[room.role];
  const canSetRole = room.role === "owner";
  const where = isSelf ? text.you : presence === "here" ? text.here : presence === "hidden" ? text.away : "";
  return (
    <li class={presence === "absent" ? "absent" : ""}>
      <div class="person">
        <Avatar user={user} name={name} />
        <span class="person-names">
          {isSelf || isDirect ? (
            <span class="person-name">{name}</span>
          ) : (
            <button type="button" class="plain person-name" title={text.talkTo(name)} onClick={() => void talkTo(user)}>{name}</button>
          )}
          {!isDirect && role !== "member" && <span class="quiet small person-role">{text.roles[role]}</span>}
        </span>
        <span class="quiet small">{where}</span>
        {!isDirect && (canRemove || canSetRole) && (
          <button type="button" class="plain icon manage" aria-label={text.manage(name)} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>⋯</button>
        )}
      </div>
      {isOpen && <Manage room={room} member={member} canSetRole={canSetRole} canRemove={canRemove} />}
    </li>
  );
}, looksAlike);

function looksAlike(before: MemberItemProps, now: MemberItemProps): boolean {
  return areSame(before, now, "member") && areSame(before.member, now.member);
}

interface ManageProps {
  readonly room: Place;
  readonly member: Listed;
  readonly canSetRole: boolean;
  readonly canRemove: boolean;
}

function Manage({ room, member, canSetRole, canRemove }: ManageProps): VNode {
  const { api } = usePage();
  const text = useText();
  const [trouble, setTrouble] = useState("");
  const { user, name, role } = member;
  const attempt = (done: Promise<unknown>): void => {
    setTrouble("");
    void done.catch((error: unknown) => setTrouble(troubleOf(error, text)));
  };
  const remove = (): void => {
    if (window.confirm(text.removeQuestion(name))) attempt(api.removeMember(room.id, user));
  };
  return (
    <div class="person-manage">
      {canSetRole && (
        // The log determines the role: the key resets a choice that was refused.
        <select key={trouble} aria-label={text.roleOf(name)} value={role} onChange={(event) => attempt(api.setRole(room.id, user, event.currentTarget.value as Role))}>
          {ROLES.map((each) => <option key={each} value={each}>{text.roles[each]}</option>)}
        </select>
      )}
      {canRemove && <button type="button" class="plain danger" onClick={remove}>{text.remove}</button>}
      {trouble && <p class="trouble small" role="alert">{trouble}</p>}
    </div>
  );
}
