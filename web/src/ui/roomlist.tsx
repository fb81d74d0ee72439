import type { VNode } from "preact";
import { roomLines, type RoomLine } from "../state/select.ts";
import { ConnectionState } from "./connectionstate.tsx";
import { LanguageSwitch } from "./language.tsx";
import { usePage, useText } from "./page.ts";
import { hrefOf, route } from "./route.ts";
import { SearchIcon } from "./searchicon.tsx";

interface RoomListProps {
  readonly onCreate: () => void;
  readonly onFind: () => void;
  readonly onSearch: () => void;
  readonly onDevice: () => void;
}

/** The reader's rooms, with what is unread in each. */
export function RoomList({ onCreate, onFind, onSearch, onDevice }: RoomListProps): VNode {
  const { state, session, signOut } = usePage();
  const text = useText();
  const lines = roomLines(state.value);
  const leave = (): void => {
    if (window.confirm(text.signOutQuestion)) signOut();
  };
  return (
    <aside class="side">
      <header class="side-head">
        <img src="icon.svg" alt="" width="28" height="28" />
        <span class="side-name">Maru <span lang="ko" class="quiet">마루</span></span>
      </header>
      <div class="side-actions">
        <button type="button" onClick={onCreate}>{text.newRoom}</button>
        <button type="button" onClick={onFind}>{text.findRooms}</button>
        <button type="button" class="side-search" onClick={onSearch}>
          <SearchIcon /> <span>{text.searchMessages}</span> <kbd aria-hidden="true">Ctrl K</kbd>
        </button>
      </div>
      <nav aria-label={text.rooms} class="rooms">
        {state.value.isListed && lines.length === 0 && <p class="quiet small pad">{text.noRooms}</p>}
        <ul>
          {lines.map((line) => <RoomItem key={line.room.id} line={line} />)}
        </ul>
      </nav>
      <footer class="side-foot">
        <ConnectionState />
        <button type="button" class="plain side-device" onClick={onDevice}>{text.device}</button>
        <div class="side-me">
          <span class="side-my-name" title={session.name}>{session.name}</span>
          <LanguageSwitch />
          <button type="button" class="plain" onClick={leave}>{text.signOut}</button>
        </div>
      </footer>
    </aside>
  );
}

function RoomItem({ line }: { readonly line: RoomLine }): VNode {
  const text = useText();
  const { room, unread } = line;
  const isOpen = route.value.room === room.id;
  const spoken = [room.title];
  if (unread.posts > 0) spoken.push(text.unread(unread.posts));
  if (unread.mentions > 0) spoken.push(text.mentions(unread.mentions));
  return (
    <li>
      <a
        href={hrefOf(room.id)} class={unread.posts > 0 ? "room-link unread" : "room-link"}
        aria-current={isOpen ? "page" : undefined} aria-label={spoken.join(", ")}
      >
        <span class="room-sign" aria-hidden="true">{room.visibility === "public" ? "#" : room.visibility === "direct" ? "@" : "◦"}</span>
        <span class="room-title">{room.title}</span>
        {unread.mentions > 0 && <span class="badge mention">@{unread.mentions}</span>}
        {unread.posts > 0 && <span class="badge">{unread.posts > 999 ? "999+" : unread.posts}</span>}
      </a>
    </li>
  );
}
