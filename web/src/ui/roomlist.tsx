import type { VNode } from "preact";
import type { Visibility } from "../protocol/frames.ts";
import { roomLines } from "../state/select.ts";
import { ConnectionState } from "./connectionstate.tsx";
import { LanguageSwitch } from "./language.tsx";
import { memo } from "./memo.ts";
import { usePage, useSlice, useText } from "./page.ts";
import { hrefOf, route } from "./route.ts";
import { SearchIcon } from "./searchicon.tsx";

interface RoomListProps {
  readonly onCreate: () => void;
  readonly onFind: () => void;
  readonly onSearch: () => void;
  readonly onDevice: () => void;
}

/** The reader's rooms, with the number of unread messages in each. */
export function RoomList({ onCreate, onFind, onSearch, onDevice }: RoomListProps): VNode {
  const { session, signOut } = usePage();
  const text = useText();
  const lines = roomLines({ rooms: useSlice("rooms") });
  const isListed = useSlice("isListed");
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
        {isListed && lines.length === 0 && <p class="quiet small pad">{text.noRooms}</p>}
        <ul>
          {lines.map(({ room: { id, title, visibility }, unread: { posts, mentions } }) => (
            <RoomItem key={id} id={id} title={title} visibility={visibility} posts={posts} mentions={mentions} />
          ))}
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

interface RoomItemProps {
  readonly id: string;
  readonly title: string;
  readonly visibility: Visibility;
  /** Unread posts, and how many of them mention the reader. */
  readonly posts: number;
  readonly mentions: number;
}

/** One room. A message in another room does not draw it again. */
const RoomItem = memo(function RoomItem({ id, title, visibility, posts, mentions }: RoomItemProps): VNode {
  const text = useText();
  const isOpen = route.value.room === id;
  const spoken = [title];
  if (posts > 0) spoken.push(text.unread(posts));
  if (mentions > 0) spoken.push(text.mentions(mentions));
  return (
    <li>
      <a
        href={hrefOf(id)} class={posts > 0 ? "room-link unread" : "room-link"}
        aria-current={isOpen ? "page" : undefined} aria-label={spoken.join(", ")}
      >
        <span class="room-sign" aria-hidden="true">{visibility === "public" ? "#" : visibility === "direct" ? "@" : "◦"}</span>
        <span class="room-title">{title}</span>
        {mentions > 0 && <span class="badge mention">@{mentions}</span>}
        {posts > 0 && <span class="badge">{posts > 999 ? "999+" : posts}</span>}
      </a>
    </li>
  );
});
