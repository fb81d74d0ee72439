import type { VNode } from "preact";
import type { RoomState } from "../state/room.ts";
import { usePage, useText } from "./page.ts";
import { RoomForm, type RoomWish } from "./roomform.tsx";

/** Changes the room's name and who may find it; for owners. */
export function RoomSettings({ room, close }: { readonly room: RoomState; readonly close: () => void }): VNode {
  const { api } = usePage();
  const text = useText();
  const submit = async (wish: RoomWish): Promise<void> => {
    await api.changeSettings(room.id, wish.title, wish.visibility);
    close();
  };
  const visibility = room.visibility === "private" ? "private" : "public";
  return <RoomForm heading={text.settings} action={text.save} title={room.title} visibility={visibility} close={close} submit={submit} />;
}
