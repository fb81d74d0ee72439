import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { RoomState } from "../state/room.ts";
import { Dialog } from "./dialog.tsx";
import { troubleOf, usePage, useText } from "./page.ts";

/** What the room is called and who may find it; for owners. */
export function RoomSettings({ room, close }: { readonly room: RoomState; readonly close: () => void }): VNode {
  const { api } = usePage();
  const text = useText();
  const [title, setTitle] = useState(room.title);
  const [isPrivate, setPrivate] = useState(room.visibility === "private");
  const [trouble, setTrouble] = useState("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wanted = title.trim().normalize("NFC");
    if (wanted === "") return;
    try {
      await api.changeSettings(room.id, wanted, isPrivate ? "private" : "public");
      close();
    } catch (error) {
      setTrouble(troubleOf(error, text));
    }
  };
  return (
    <Dialog title={text.settings} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <label class="field">
          {text.roomName}
          <input type="text" maxLength={40} required autofocus value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
        </label>
        <label class="check">
          <input type="checkbox" checked={isPrivate} onChange={(event) => setPrivate(event.currentTarget.checked)} />
          {text.isPrivate}
        </label>
        {trouble && <p class="trouble" role="alert">{trouble}</p>}
        <div class="dialog-foot">
          <button type="button" onClick={close}>{text.cancel}</button>
          <button type="submit" class="primary">{text.save}</button>
        </div>
      </form>
    </Dialog>
  );
}
