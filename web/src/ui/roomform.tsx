import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { troubleOf, useText } from "./page.ts";

/** The settings of a room that a person chooses. */
export interface RoomWish {
  readonly title: string;
  readonly visibility: "public" | "private";
}

interface RoomFormProps extends RoomWish {
  readonly heading: string;
  readonly action: string;
  readonly close: () => void;
  /** Applies the settings and closes the form. An error is shown. */
  readonly submit: (wish: RoomWish) => Promise<void>;
}

/** Asks for the name of a room and who may find it. */
export function RoomForm({ heading, action, close, submit, ...room }: RoomFormProps): VNode {
  const text = useText();
  const [title, setTitle] = useState(room.title);
  const [isPrivate, setPrivate] = useState(room.visibility === "private");
  const [trouble, setTrouble] = useState("");
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wanted = title.trim().normalize("NFC");
    if (wanted === "") return;
    try {
      await submit({ title: wanted, visibility: isPrivate ? "private" : "public" });
    } catch (error) {
      setTrouble(troubleOf(error, text));
    }
  };
  return (
    <Dialog title={heading} close={close}>
      <form onSubmit={(event) => void send(event)}>
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
          <button type="submit" class="primary">{action}</button>
        </div>
      </form>
    </Dialog>
  );
}
