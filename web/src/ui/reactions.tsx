import type { VNode } from "preact";
import type { Post } from "../state/post.ts";
import { nameOf } from "../state/select.ts";
import { usePage, useText } from "./page.ts";
import type { Place } from "./place.ts";

interface ReactionsProps {
  readonly room: Place;
  readonly post: Post;
  readonly canReact: boolean;
}

/** The reactions on a message. A press sets or removes the reader's own. */
export function Reactions({ room, post, canReact }: ReactionsProps): VNode | null {
  const { maru } = usePage();
  const text = useText();
  if (post.reactions.length === 0) return null;
  return (
    <ul class="reactions">
      {post.reactions.map(({ emoji, count, users, mine }) => (
        <li key={emoji}>
          <button
            type="button" class={mine ? "reaction mine" : "reaction"} aria-pressed={mine} disabled={!canReact}
            aria-label={text.reaction(emoji, count)} title={users.map((user) => nameOf(room, user)).join(", ")}
            onClick={() => void maru.change(room.id, { action: mine ? "unreact" : "react", post: post.seq, emoji })}
          >
            <span>{emoji}</span> {count}
          </button>
        </li>
      ))}
    </ul>
  );
}
