import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Post } from "../state/post.ts";
import { isComposing, MAX_TEXT } from "./composer.tsx";
import { editing } from "./editing.ts";
import { usePage, useText } from "./page.ts";
import type { Place } from "./place.ts";

/** Edits one of the reader's own messages in place. */
export function EditForm({ room, post }: { readonly room: Place; readonly post: Post }): VNode {
  const { maru } = usePage();
  const text = useText();
  const [words, setWords] = useState(post.text);
  const field = useRef<HTMLTextAreaElement>(null);
  const over = [...words].length - MAX_TEXT;
  // A layout effect moves the focus in the same frame, so that no key press is lost.
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(post.text.length, post.text.length);
    // The form is taller than the message: at the end of the room its buttons would be out of sight.
    field.current?.form?.scrollIntoView({ block: "nearest" });
  }, []);
  const stop = (): void => {
    editing.value = null;
  };
  const save = (): void => {
    const body = words.trim();
    if (body === "" || over > 0) return;
    if (body !== post.text) void maru.change(room.id, { action: "edit", post: post.seq, text: body });
    stop();
  };
  const press = (event: KeyboardEvent): void => {
    if (isComposing(event)) return;
    if (event.key === "Escape") stop();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      save();
    }
  };
  return (
    <form class="edit" onSubmit={(event) => { event.preventDefault(); save(); }}>
      <textarea
        ref={field} aria-label={text.editMessage} rows={Math.min(8, words.split("\n").length + 1)}
        value={words} onInput={(event) => setWords(event.currentTarget.value)} onKeyDown={press}
      />
      {over > 0 && <p class="trouble small" role="alert">{text.tooLong(over)}</p>}
      <div class="edit-foot">
        <button type="button" class="plain" onClick={stop}>{text.cancel}</button>
        <button type="submit" class="primary" disabled={words.trim() === "" || over > 0}>{text.save}</button>
      </div>
    </form>
  );
}
