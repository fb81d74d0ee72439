import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RoomViewBody } from "../protocol/bodies.ts";
import { Dialog } from "./dialog.tsx";
import { troubleOf, usePage, useSlice, useText } from "./page.ts";
import { goTo } from "./route.ts";

/** The public rooms that the reader is not in. */
export function FindRooms({ close }: { readonly close: () => void }): VNode {
  const { api, maru } = usePage();
  const joined = useSlice("rooms");
  const text = useText();
  const [found, setFound] = useState<readonly RoomViewBody[] | null>(null);
  const [next, setNext] = useState("");
  const [trouble, setTrouble] = useState("");
  const load = async (after: string): Promise<void> => {
    try {
      const page = await api.publicRooms(after);
      setFound((held) => [...(held ?? []), ...page.rooms]);
      setNext(page.next ?? "");
    } catch (error) {
      setTrouble(troubleOf(error, text));
    }
  };
  useEffect(() => void load(""), []);
  const join = async (room: string): Promise<void> => {
    try {
      await api.join(room);
      await maru.relist();
      close();
      goTo(room);
    } catch (error) {
      setTrouble(troubleOf(error, text));
    }
  };
  const others = (found ?? []).filter((view) => !joined.has(view.room.id));
  return (
    <Dialog title={text.findRooms} close={close}>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      {found && others.length === 0 && next === "" && <p class="quiet">{text.noPublicRooms}</p>}
      <ul class="found">
        {others.map(({ room }) => (
          <li key={room.id}>
            <span class="found-room">
              <span class="found-title">{room.title}</span>
              <span class="quiet small">{room.topic ? `${room.topic} · ` : ""}{text.members(room.members)}</span>
            </span>
            <button type="button" aria-label={text.joinRoom(room.title ?? "")} onClick={() => void join(room.id)}>{text.join}</button>
          </li>
        ))}
      </ul>
      {next !== "" && <button type="button" onClick={() => void load(next)}>{text.more}</button>}
    </Dialog>
  );
}
