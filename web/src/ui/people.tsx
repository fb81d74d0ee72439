import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { nameOf } from "../state/select.ts";
import type { RoomState } from "../state/room.ts";
import { Avatar } from "./avatar.tsx";
import { troubleOf, usePage, useText } from "./page.ts";
import { goTo } from "./route.ts";

/** The members of a room, those who are here first. */
export function People({ room, close }: { readonly room: RoomState; readonly close: () => void }): VNode {
  const { api, maru, state } = usePage();
  const text = useText();
  const [trouble, setTrouble] = useState("");
  const leave = async (): Promise<void> => {
    if (!window.confirm(text.leaveQuestion(room.title))) return;
    try {
      await api.leave(room.id);
      goTo(null);
      await maru.relist();
    } catch (error) {
      setTrouble(troubleOf(error, text));
    }
  };
  useEffect(() => maru.askPresence(room.id), [room.id]);
  const talkTo = async (user: string): Promise<void> => {
    try {
      const opened = await api.openDirect(user);
      await maru.relist();
      goTo(opened.room ?? null);
    } catch (error) {
      setTrouble(troubleOf(error, text));
    }
  };
  const present = new Map((state.value.presence.get(room.id)?.users ?? []).map((u) => [u.user, u]));
  const order = new Intl.Collator();
  const rank = (user: string): number => (present.has(user) ? (present.get(user)?.isHidden ? 1 : 0) : 2);
  const members = [...room.members.values()]
    .filter((member) => member.role !== null)
    .map(({ user }) => ({ user, name: nameOf(room, user), rank: rank(user) }))
    .sort((a, b) => a.rank - b.rank || order.compare(a.name, b.name));
  return (
    <aside class="people" aria-label={text.people}>
      <header class="people-head">
        <h2>{text.people}</h2>
        <button type="button" class="plain icon" aria-label={text.close} onClick={close}>×</button>
      </header>
      <ul>
        {members.map(({ user, name, rank: at }) => (
          <li key={user} class={at === 2 ? "absent" : ""}>
            <Avatar user={user} name={name} />
            {user === state.value.self || room.visibility === "direct" ? (
              <span class="person-name">{name}</span>
            ) : (
              <button type="button" class="plain person-name" title={text.talkTo(name)} onClick={() => void talkTo(user)}>{name}</button>
            )}
            <span class="quiet small">
              {user === state.value.self ? text.you : at === 0 ? text.here : at === 1 ? text.away : ""}
            </span>
          </li>
        ))}
      </ul>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      {room.visibility !== "direct" && <button type="button" class="leave" onClick={() => void leave()}>{text.leave}</button>}
    </aside>
  );
}
