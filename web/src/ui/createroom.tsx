import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { troubleOf, usePage, useText } from "./page.ts";
import { goTo } from "./route.ts";

export function CreateRoom({ close }: { readonly close: () => void }): VNode {
  const { api, maru, newID } = usePage();
  const text = useText();
  const [title, setTitle] = useState("");
  const [isPrivate, setPrivate] = useState(false);
  const [trouble, setTrouble] = useState("");
  // The same ids on a second press: a room whose answer was lost is not made twice.
  const ids = useRef({ room: newID(), entry: newID() });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wanted = title.trim().normalize("NFC");
    if (wanted === "") return;
    try {
      await api.createRoom(ids.current.room, ids.current.entry, wanted, isPrivate ? "private" : "public");
      await maru.relist();
      close();
      goTo(ids.current.room);
    } catch (error) {
      setTrouble(troubleOf(error, text));
    }
  };
  return (
    <Dialog title={text.newRoom} close={close}>
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
          <button type="submit" class="primary">{text.create}</button>
        </div>
      </form>
    </Dialog>
  );
}
