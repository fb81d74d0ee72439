import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { usePage, useText } from "./page.ts";
import { RoomForm, type RoomWish } from "./roomform.tsx";
import { goTo } from "./route.ts";

export function CreateRoom({ close }: { readonly close: () => void }): VNode {
  const { api, maru, newID } = usePage();
  const text = useText();
  // A second press sends the same ids, so that a room is not created twice when the first answer was lost.
  const ids = useRef({ room: newID(), entry: newID() });
  const submit = async (wish: RoomWish): Promise<void> => {
    await api.createRoom(ids.current.room, ids.current.entry, wish.title, wish.visibility);
    await maru.relist();
    close();
    goTo(ids.current.room);
  };
  return <RoomForm heading={text.newRoom} action={text.create} title="" visibility="public" close={close} submit={submit} />;
}
