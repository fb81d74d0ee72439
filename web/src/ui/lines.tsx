import type { VNode } from "preact";
import type { Post } from "../state/post.ts";
import type { Line } from "../state/select.ts";
import { editing } from "./editing.ts";
import { memo } from "./memo.ts";
import { Message, OutgoingMessage } from "./message.tsx";
import { language, useText } from "./page.ts";
import type { Place } from "./place.ts";
import { dayOf, isSameDay } from "./when.ts";

interface LinesProps {
  readonly room: Place;
  readonly lines: readonly Line[];
  readonly pins: ReadonlySet<number>;
  readonly unread: Unread;
  /** The seq of the post that the reader has just jumped to; 0 if there is none. */
  readonly lit: number;
  readonly isConnected: boolean;
  readonly reply: (post: Post) => void;
}

/** What was unread when the reader opened the room: the entries after seq `after`, up to `upTo`. */
export interface Unread {
  readonly after: number;
  readonly upTo: number;
}

/** Messages of one author within this time are grouped under one name. */
const GROUP_MS = 5 * 60_000;

/** The messages of a room, with the days between them. */
export const Lines = memo(function Lines({ room, lines, pins, unread, lit, isConnected, reply }: LinesProps): VNode {
  const text = useText();
  const edited = editing.value?.room === room.id ? editing.value.post : 0;
  // One flat list with keys: elements are kept when older messages are put above them.
  return <>{lines.flatMap((line, i) => {
    const before = lines[i - 1];
    const isNewDay = !before || !isSameDay(atOf(before), atOf(line));
    const day = isNewDay ? dayOf(atOf(line), Date.now(), language.value, text) : "";
    const isNew = isFirstNew(line, before, unread);
    const isGrouped = !isNewDay && !isNew && before !== undefined && areClose(before, line, room.self);
    return [
      isNewDay && <div key={`day ${atOf(line)}`} class="day" role="separator" aria-label={day}><span>{day}</span></div>,
      isNew && <div key="new" class="fresh" role="separator" aria-label={text.newSince}><span>{text.newSince}</span></div>,
      line.kind === "post" ? (
        <Message
          key={line.key} id={line.key} room={room} post={line.post} quoted={line.quoted} trouble={line.trouble} isGrouped={isGrouped}
          isLit={line.post.seq === lit} isPinned={pins.has(line.post.seq)} isEditing={line.post.seq === edited} reply={reply}
        />
      ) : (
        <OutgoingMessage
          key={line.key} id={line.key} room={room} item={line.item} quoted={line.quoted} isGrouped={isGrouped} isConnected={isConnected}
        />
      ),
    ];
  })}</>;
});

function isFirstNew(line: Line, before: Line | undefined, { after, upTo }: Unread): boolean {
  return seqOfLine(line) > after && seqOfLine(line) <= upTo && (!before || seqOfLine(before) <= after);
}

function atOf(line: Line): number {
  return line.kind === "post" ? line.post.at : line.item.createdAt;
}

function seqOfLine(line: Line): number {
  return line.kind === "post" ? line.post.seq : Number.MAX_SAFE_INTEGER;
}

function authorOf(line: Line, self: string): string {
  return line.kind === "post" ? line.post.author : self;
}

function areClose(before: Line, line: Line, self: string): boolean {
  const isReply = line.kind === "post" ? line.post.replyTo > 0 : line.item.change.action === "send" && line.item.change.replyTo > 0;
  return !isReply && authorOf(before, self) === authorOf(line, self) && atOf(line) - atOf(before) < GROUP_MS;
}
