import type { ComponentChildren, VNode } from "preact";
import { isStuck, type Outgoing, type Progress } from "../state/outgoing.ts";
import type { Post } from "../state/post.ts";
import { canWriteIn } from "../state/room.ts";
import { isNameShared, nameOf } from "../state/select.ts";
import { Avatar } from "./avatar.tsx";
import { EditForm } from "./editform.tsx";
import { Words } from "./markup.tsx";
import { areSame, memo } from "./memo.ts";
import { MessageActions } from "./messageactions.tsx";
import { language, useText } from "./page.ts";
import { isSamePlace, type Place } from "./place.ts";
import { Reactions } from "./reactions.tsx";
import type { Text } from "./text.ts";
import { Trouble } from "./trouble.tsx";
import { clockOf, momentOf, timeOf } from "./when.ts";

interface FrameProps {
  readonly id: string;
  readonly room: Place;
  readonly author: string;
  readonly at: number;
  readonly isGrouped: boolean;
  /** 0 if it is not in the log. */
  readonly seq: number;
  /** Whether the reader has just jumped to it. */
  readonly isLit: boolean;
  readonly children: ComponentChildren;
}

/** One message with its author's name and time, which only the first of a group shows. */
function Frame({ id, room, author, at, isGrouped, seq, isLit, children }: FrameProps): VNode {
  const text = useText();
  const name = nameOf(room, author);
  const when = momentOf(at, language.value);
  return (
    <article
      class={`message${isGrouped ? " grouped" : ""}${isLit ? " lit" : ""}`} data-key={id} data-seq={seq || undefined}
      aria-label={`${name}, ${when}`} tabIndex={0}
    >
      {isGrouped ? (
        <time class="side-time" dateTime={new Date(at).toISOString()} title={when}>{clockOf(at, language.value)}</time>
      ) : (
        <Avatar user={author} name={name} />
      )}
      <div class="message-body">
        {!isGrouped && (
          <header class="message-head">
            <span class="author">{name}</span>
            {isNameShared(room, author) && <span class="quiet small" title={author}>#{author.slice(0, 4)}</span>}
            {author.startsWith("c-") && <span class="quiet small">{text.unverified}</span>}
            <time class="quiet small" dateTime={new Date(at).toISOString()} title={when}>{timeOf(at, language.value)}</time>
          </header>
        )}
        {children}
      </div>
    </article>
  );
}

interface MessageProps {
  readonly id: string;
  readonly room: Place;
  readonly post: Post;
  /** The post that it replies to, if that is loaded. */
  readonly quoted: Post | null;
  /** A change of this post that waits for a decision by a person. */
  readonly trouble: Outgoing | null;
  readonly isGrouped: boolean;
  readonly isLit: boolean;
  readonly isPinned: boolean;
  readonly isEditing: boolean;
  readonly reply: (post: Post) => void;
}

/** One post of the log. There may be thousands, so each is drawn again only when it changes. */
export const Message = memo(function Message({ id, room, post, quoted, trouble, isGrouped, isLit, isPinned, isEditing, reply }: MessageProps): VNode {
  const text = useText();
  const canWrite = canWriteIn(room);
  return (
    <Frame id={id} room={room} author={post.author} at={post.at} isGrouped={isGrouped} seq={post.seq} isLit={isLit}>
      {post.replyTo > 0 && <Quote room={room} post={quoted} />}
      {post.deleted > 0 ? (
        <p class="quiet gone">{text.deleted}</p>
      ) : isEditing ? (
        <EditForm room={room} post={post} />
      ) : (
        <Words
          text={post.text} names={namesIn(room, post)}
          tail={post.edited > 0 && <span class="quiet small"> ({text.edited})</span>}
        />
      )}
      {!post.deleted && <Reactions room={room} post={post} canReact={canWrite} />}
      {trouble && <Trouble item={trouble} />}
      {canWrite && !post.deleted && !isEditing && <MessageActions room={room} post={post} isPinned={isPinned} reply={reply} />}
    </Frame>
  );
}, looksAlike);

function looksAlike(before: MessageProps, now: MessageProps): boolean {
  return areSame(before, now, "room") && isSamePlace(before.room, now.room, () => peopleIn(now));
}

/** The users whose names the message shows. */
function peopleIn({ post, quoted }: MessageProps): readonly string[] {
  const others = [...post.mentions, ...post.reactions.flatMap((reaction) => reaction.users)];
  return [post.author, ...others, ...(quoted ? [quoted.author] : [])];
}

function namesIn(room: Place, post: Post): readonly string[] {
  const names = post.mentions.map((user) => nameOf(room, user));
  return post.all ? [...names, "all", "모두"] : names;
}

/** The post that a message replies to. Its text is never copied, so a deleted post leaves none here. */
function Quote({ room, post }: { readonly room: Place; readonly post: Post | null }): VNode {
  const text = useText();
  const name = post ? nameOf(room, post.author) : text.olderMessage;
  return (
    <p class="quote small">
      <span class="author">{post ? name : text.olderMessage}</span>
      {post && <span class="quiet"> {post.deleted ? text.deleted : post.text}</span>}
    </p>
  );
}

interface OutgoingProps {
  readonly id: string;
  readonly room: Place;
  readonly item: Outgoing;
  readonly quoted: Post | null;
  readonly isGrouped: boolean;
  readonly isConnected: boolean;
}

/** A message of the reader that is not yet known to be in the log. */
export function OutgoingMessage({ id, room, item, quoted, isGrouped, isConnected }: OutgoingProps): VNode {
  const text = useText();
  const { change, progress } = item;
  return (
    <Frame id={id} room={room} author={room.self} at={item.createdAt} isGrouped={isGrouped} seq={0} isLit={false}>
      {change.action === "send" && change.replyTo > 0 && <Quote room={room} post={quoted} />}
      {change.action === "send" && !isStuck(item) && (
        <Words text={change.text} names={[]} tail={<span class="state small"> {stateOf(progress, isConnected, text)}</span>} />
      )}
      {isStuck(item) && <Trouble item={item} />}
    </Frame>
  );
}

function stateOf(progress: Progress, isConnected: boolean, text: Text): string {
  if (progress.step === "sent") return text.sent;
  return isConnected ? text.sending : text.waiting;
}
