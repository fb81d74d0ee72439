import type { VNode } from "preact";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { Presence } from "../state/app.ts";
import { canManage, type RoomState } from "../state/room.ts";
import { nameOf } from "../state/select.ts";
import { MemberItem, type Listed } from "./memberitem.tsx";
import { troubleOf, usePage, useSlice, useText } from "./page.ts";
import { usePlace } from "./place.ts";
import { RoomSettings } from "./roomsettings.tsx";
import { goTo } from "./route.ts";
import { TopicForm } from "./topicform.tsx";

/** The panel of a room: its topic, its members, and what its moderators can change. */
export function People({ room, close }: { readonly room: RoomState; readonly close: () => void }): VNode {
  const { api, maru } = usePage();
  const text = useText();
  const presence = useSlice("presence").get(room.id);
  const members = useMemo(() => membersOf(room, presence), [room.members, room.names, presence]);
  const place = usePlace(room);
  const [trouble, setTrouble] = useState("");
  const [isChanging, setChanging] = useState(false);
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
  const talkTo = useCallback(async (user: string): Promise<void> => {
    try {
      const opened = await api.openDirect(user);
      await maru.relist();
      goTo(opened.room ?? null);
    } catch (error) {
      setTrouble(troubleOf(error, text));
    }
  }, [api, maru, text]);
  return (
    <aside class="people" aria-label={text.people}>
      <header class="people-head">
        <h2>{text.people}</h2>
        <button type="button" class="plain icon" aria-label={text.close} onClick={close}>×</button>
      </header>
      {canManage(room) && <TopicForm room={room} />}
      <ul>
        {members.map((member) => <MemberItem key={member.user} room={place} member={member} talkTo={talkTo} />)}
      </ul>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      {room.visibility !== "direct" && (
        <footer class="people-foot">
          {room.role === "owner" && <button type="button" onClick={() => setChanging(true)}>{text.settings}</button>}
          <button type="button" class="plain danger" onClick={() => void leave()}>{text.leave}</button>
        </footer>
      )}
      {isChanging && <RoomSettings room={room} close={() => setChanging(false)} />}
    </aside>
  );
}

const order = new Intl.Collator();

/** The members: those who are present first, then by name. */
function membersOf(room: RoomState, present: Presence | undefined): readonly Listed[] {
  const byUser = new Map((present?.users ?? []).map((u) => [u.user, u]));
  const ranks = { here: 0, hidden: 1, absent: 2 } as const;
  return [...room.members.values()]
    .flatMap(({ user, role }): Listed[] => {
      const found = byUser.get(user);
      const presence = found ? (found.isHidden ? "hidden" : "here") : "absent";
      return role ? [{ user, role, name: nameOf(room, user), presence }] : [];
    })
    .sort((a, b) => ranks[a.presence] - ranks[b.presence] || order.compare(a.name, b.name));
}
