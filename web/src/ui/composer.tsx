import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Post } from "../state/post.ts";
import type { RoomState } from "../state/room.ts";
import { nameOf, timeline } from "../state/select.ts";
import { editing } from "./editing.ts";
import { mentionedIn } from "./mention.ts";
import { troubleOf, usePage, useText } from "./page.ts";

interface ComposerProps {
  readonly room: RoomState;
  readonly replyTo: Post | null;
  readonly dropReply: () => void;
}

/** Unicode scalar values of a message. */
export const MAX_TEXT = 4_000;

/** Unsent text by user and room, while the page is open. */
const drafts = new Map<string, string>();

/** Whether a key press belongs to an input method, which uses Enter to complete a syllable. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Where messages are written: Enter sends, Shift+Enter breaks the line. */
export function Composer({ room, replyTo, dropReply }: ComposerProps): VNode {
  const { maru, state } = usePage();
  const text = useText();
  const draft = `${room.self} ${room.id}`;
  const [words, setWords] = useState(drafts.get(draft) ?? "");
  const [trouble, setTrouble] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const over = [...words].length - MAX_TEXT;

  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [words]);
  useLayoutEffect(() => {
    if (replyTo || window.matchMedia("(hover: hover)").matches) field.current?.focus();
  }, [replyTo]);

  const type = (value: string): void => {
    setWords(value);
    drafts.set(draft, value);
    if (value.trim() !== "") maru.typing(room.id);
  };
  const send = async (): Promise<void> => {
    const body = words.trim();
    if (body === "" || over > 0) return;
    type("");
    dropReply();
    try {
      await maru.change(room.id, { action: "send", text: body, replyTo: replyTo?.seq ?? 0, ...mentionedIn(body, room) });
      setTrouble("");
    } catch (error) {
      type(words);
      setTrouble(troubleOf(error, text));
    }
  };
  const editLast = (): void => {
    const own = timeline(state.value, room).findLast(
      (line) => line.kind === "post" && line.post.author === room.self && !line.post.deleted,
    );
    if (own?.kind === "post") editing.value = { room: room.id, post: own.post.seq };
  };
  const press = (event: KeyboardEvent): void => {
    if (isComposing(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void send();
    } else if (event.key === "ArrowUp" && words === "") {
      event.preventDefault();
      editLast();
    } else if (event.key === "Escape" && replyTo) dropReply();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {replyTo && (
        <p class="replying small">
          <span>{text.replyingTo(nameOf(room, replyTo.author))}: <span class="quiet">{replyTo.text}</span></span>
          <button type="button" class="plain icon" aria-label={text.cancel} onClick={dropReply}>×</button>
        </p>
      )}
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      <div class="composer-row">
        <textarea
          ref={field} rows={1} aria-label={text.message} placeholder={text.messageTo(room.title)} enterkeyhint="send"
          value={words} onInput={(event) => type(event.currentTarget.value)} onKeyDown={press}
        />
        <button type="submit" class="primary" disabled={words.trim() === "" || over > 0}>{text.send}</button>
      </div>
      {over > 0 && <p class="trouble small" role="alert">{text.tooLong(over)}</p>}
    </form>
  );
}
