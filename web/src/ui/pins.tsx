import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { canManage, type RoomState } from "../state/room.ts";
import { nameOf, pinsOf, postAt } from "../state/select.ts";
import { pointTo } from "./jump.ts";
import { usePage, useSlice, useText } from "./page.ts";

/** The pinned messages, above the timeline: the last one pinned, or all of them. */
export function Pins({ room }: { readonly room: RoomState }): VNode | null {
  const { maru } = usePage();
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const pins = pinsOf({ outgoing: useSlice("outgoing") }, room);
  const isConnected = useSlice("connection") === "connected";
  const asked = useRef(new Set<number>());
  const missing = pins.filter((seq) => !postAt(room, seq));
  useEffect(() => {
    if (!isConnected) return asked.current.clear();
    for (const seq of missing) {
      if (!asked.current.has(seq)) void maru.history.fetchPost(room.id, seq).catch(() => undefined);
      asked.current.add(seq);
    }
  }, [missing.join(), isConnected]);
  const shown = isOpen ? pins : pins.slice(0, 1);
  if (pins.length === 0) return null;
  return (
    <section class="pins" aria-label={text.pinned}>
      <ul>
        {shown.map((seq) => <Pin key={seq} room={room} seq={seq} />)}
      </ul>
      {pins.length > 1 && (
        <button type="button" class="plain small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? text.fewerPins : text.allPins(pins.length)}
        </button>
      )}
    </section>
  );
}

function Pin({ room, seq }: { readonly room: RoomState; readonly seq: number }): VNode {
  const { maru } = usePage();
  const text = useText();
  const post = postAt(room, seq);
  const jump = async (): Promise<void> => {
    if (await maru.history.jumpTo(room.id, seq)) pointTo(room.id, seq);
  };
  return (
    <li class="pin">
      <button type="button" class="pin-words" onClick={() => void jump()}>
        <span aria-hidden="true">📌 </span>
        {post && <span class="author">{nameOf(room, post.author)} </span>}
        {post ? (post.deleted ? text.deleted : post.text) : "…"}
      </button>
      {canManage(room) && (
        <button type="button" class="plain icon" aria-label={text.unpin} onClick={() => void maru.change(room.id, { action: "unpin", post: seq })}>×</button>
      )}
    </li>
  );
}
