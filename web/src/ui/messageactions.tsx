import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Post } from "../state/post.ts";
import { canManage } from "../state/room.ts";
import { Dialog } from "./dialog.tsx";
import { editing } from "./editing.ts";
import { usePage, useText } from "./page.ts";
import type { Place } from "./place.ts";

interface ActionsProps {
  readonly room: Place;
  readonly post: Post;
  readonly isPinned: boolean;
  readonly reply: (post: Post) => void;
}

const EMOJI = ["👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀"];

/** The height of the emoji choice and of what is below the messages. */
const CHOICE_PX = 220;

type Open = "emoji" | "delete" | null;

/** The actions on a message, shown while it is hovered or has the focus. */
export function MessageActions({ room, post, isPinned, reply }: ActionsProps): VNode {
  const { maru } = usePage();
  const text = useText();
  const [open, setOpen] = useState<Open>(null);
  const isOwn = post.author === room.self;
  const canDelete = isOwn || room.role === "moderator" || room.role === "owner";
  const pin = (): void => void maru.change(room.id, { action: isPinned ? "unpin" : "pin", post: post.seq });
  const [opensUp, setOpensUp] = useState(false);
  const close = (): void => setOpen(null);
  const chooseEmoji = (event: MouseEvent): void => {
    const { bottom } = (event.currentTarget as Element).getBoundingClientRect();
    setOpensUp(bottom > window.innerHeight - CHOICE_PX);
    setOpen(open === "emoji" ? null : "emoji");
  };
  // Closes the emoji choice when the focus leaves the message. In Safari a pressed button gives the focus to the message around it.
  const leave = (event: FocusEvent): void => {
    const message = (event.currentTarget as Element).closest("article");
    if (open === "emoji" && !message?.contains(event.relatedTarget as Node | null)) close();
  };
  const react = (emoji: string): void => {
    const isSet = post.reactions.some((r) => r.emoji === emoji && r.mine);
    if (!isSet) void maru.change(room.id, { action: "react", post: post.seq, emoji });
    close();
  };
  const remove = (): void => {
    void maru.change(room.id, { action: "delete", post: post.seq });
    close();
  };
  return (
    <>
      <div
        class={open === "emoji" ? "actions open" : "actions"} onFocusOut={leave}
        onKeyDown={(event) => event.key === "Escape" && open === "emoji" && close()}
      >
        <button type="button" class="plain" aria-expanded={open === "emoji"} onClick={chooseEmoji}>{text.react}</button>
        <button type="button" class="plain" onClick={() => reply(post)}>{text.reply}</button>
        {isOwn && <button type="button" class="plain" onClick={() => { editing.value = { room: room.id, post: post.seq }; }}>{text.edit}</button>}
        {canManage(room) && <button type="button" class="plain" onClick={pin}>{isPinned ? text.unpin : text.pin}</button>}
        {canDelete && <button type="button" class="plain danger" onClick={() => setOpen("delete")}>{text.delete}</button>}
        {open === "emoji" && <EmojiChoice choose={react} opensUp={opensUp} />}
      </div>
      {open === "delete" && (
        <Dialog title={text.delete} close={close}>
          <p>{text.deleteQuestion}</p>
          <div class="dialog-foot">
            <button type="button" onClick={close}>{text.cancel}</button>
            <button type="button" class="primary danger" onClick={remove}>{text.delete}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}

interface EmojiChoiceProps {
  readonly choose: (emoji: string) => void;
  readonly opensUp: boolean;
}

/** A few emoji, and a field for any other one. */
function EmojiChoice({ choose, opensUp }: EmojiChoiceProps): VNode {
  const text = useText();
  const [other, setOther] = useState("");
  return (
    <form
      class={opensUp ? "emoji up" : "emoji"}
      onSubmit={(event) => {
        event.preventDefault();
        if (other.trim() !== "") choose(other.trim());
      }}
    >
      {EMOJI.map((emoji) => (
        <button key={emoji} type="button" class="plain" aria-label={text.reactWith(emoji)} onClick={() => choose(emoji)}>{emoji}</button>
      ))}
      <input type="text" aria-label={text.otherEmoji} placeholder="…" maxLength={16} value={other} onInput={(event) => setOther(event.currentTarget.value)} />
    </form>
  );
}
