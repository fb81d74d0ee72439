import type { VNode } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { totalUnread } from "../state/select.ts";
import { AcceptInvite } from "./acceptinvite.tsx";
import { ClaimOperator } from "./claimoperator.tsx";
import { CreateRoom } from "./createroom.tsx";
import { FindRooms } from "./findrooms.tsx";
import { DeviceLinkHere, LinkDevice } from "./linkdevice.tsx";
import { usePage, useSlice, useText } from "./page.ts";
import { RoomView } from "./room.tsx";
import { RoomList } from "./roomlist.tsx";
import { goTo, route } from "./route.ts";
import { SearchDialog } from "./search.tsx";

type Open = "create" | "find" | "search" | "device" | null;

/** The signed-in page: the list of rooms, and the open room beside it. */
export function Shell(): VNode {
  const { maru } = usePage();
  const text = useText();
  const [open, setOpen] = useState<Open>(null);
  const { room, invite, operator, device } = route.value;
  const rooms = useSlice("rooms");
  const isListed = useSlice("isListed");
  const shown = room ? rooms.get(room) : undefined;
  const isKnown = shown !== undefined;
  useEffect(() => {
    maru.open(isKnown ? room : null);
  }, [room, isKnown]);
  const unread = totalUnread({ rooms });
  useEffect(() => {
    const title = shown?.title ? `${shown.title} · Maru` : "Maru";
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }, [shown?.title, unread]);
  const close = (): void => setOpen(null);
  const search = useCallback(() => setOpen("search"), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      search();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  const emptyWords = isListed && rooms.size === 0 ? text.firstRoom : text.chooseRoom;
  return (
    <div class={shown ? "shell in-room" : "shell"}>
      <RoomList onCreate={() => setOpen("create")} onFind={() => setOpen("find")} onSearch={search} onDevice={() => setOpen("device")} />
      {shown ? (
        <RoomView key={shown.id} room={shown} search={search} />
      ) : (
        <main class="nothing">
          <img src="icon.svg" alt="" width="56" height="56" />
          <p class="quiet">{room && isListed ? text.notMember : emptyWords}</p>
        </main>
      )}
      {open === "create" && <CreateRoom close={close} />}
      {open === "find" && <FindRooms close={close} />}
      {open === "search" && <SearchDialog room={shown?.id ?? null} close={close} />}
      {open === "device" && <LinkDevice close={close} />}
      {device && <DeviceLinkHere close={() => goTo(null)} />}
      {invite && <AcceptInvite secret={invite} close={() => goTo(null)} />}
      {operator && <ClaimOperator code={operator} close={() => goTo(null)} />}
    </div>
  );
}

