import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RoomState } from "../state/room.ts";
import { topicOf } from "../state/select.ts";
import { isComposing } from "./composer.tsx";
import { usePage, useSlice, useText } from "./page.ts";

/** Unicode scalar values of a topic. */
const MAX_TOPIC = 250;

/** Sets the room's topic; for its moderators. */
export function TopicForm({ room }: { readonly room: RoomState }): VNode {
  const { maru } = usePage();
  const text = useText();
  const topic = topicOf({ outgoing: useSlice("outgoing") }, room);
  const [words, setWords] = useState(topic);
  useEffect(() => setWords(topic), [topic]);
  const wanted = words.trim();
  const over = [...wanted].length - MAX_TOPIC;
  const save = (event: Event): void => {
    event.preventDefault();
    if (wanted !== topic && over <= 0) void maru.change(room.id, { action: "topic", text: wanted });
  };
  return (
    <form class="panel-part" onSubmit={save}>
      <label class="field">
        {text.topic}
        <input
          type="text" placeholder={text.topicHint} value={words} onInput={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && isComposing(event) && event.preventDefault()}
        />
      </label>
      {over > 0 && <p class="trouble small" role="alert">{text.tooLong(over)}</p>}
      {wanted !== topic && (
        <div class="panel-foot">
          <button type="button" class="plain" onClick={() => setWords(topic)}>{text.cancel}</button>
          <button type="submit" class="primary" disabled={over > 0}>{text.save}</button>
        </div>
      )}
    </form>
  );
}
