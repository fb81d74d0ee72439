import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { seqOf } from "../state/cursor.ts";
import type { Post } from "../state/post.ts";
import type { RoomState } from "../state/room.ts";
import { timeline, type Line } from "../state/select.ts";
import { Message, OutgoingMessage } from "./message.tsx";
import { language, usePage, useText } from "./page.ts";
import { useScroll } from "./scroll.ts";
import { dayOf, isSameDay } from "./when.ts";

interface TimelineProps {
  readonly room: RoomState;
  readonly reply: (post: Post) => void;
}

/** Messages of one author within this time stand under one name. */
const GROUP_MS = 5 * 60_000;

/** What was said in a room, oldest first; older pages come as one scrolls up. */
export function Timeline({ room, reply }: TimelineProps): VNode {
  const { maru, state } = usePage();
  const text = useText();
  const lines = timeline(state.value, room);
  const isConnected = state.value.connection === "connected";
  // What was unread when the reader came: the line above it stays there.
  const [unread] = useState({ after: room.mark.seq, upTo: seqOf(room.cursor) });
  const scroll = useScroll({
    lastKey: lines.at(-1)?.key ?? "",
    isOwnLast: isOwn(lines.at(-1), room.self),
    loadOlder: () => void maru.loadOlder(room.id),
    canLoadOlder: room.before !== 0 && isConnected,
    read: () => maru.read(room.id),
  });
  const seen = useRef(lines.length);
  if (scroll.isAtEnd) seen.current = lines.length;
  const fresh = Math.max(0, lines.length - seen.current);

  useLayoutEffect(() => scroll.settle());
  useEffect(() => {
    if (scroll.isAtEnd && document.hasFocus()) maru.read(room.id);
  }, [room.cursor, scroll.isAtEnd]);

  const isFirstNew = (line: Line, before: Line | undefined): boolean =>
    seqOfLine(line) > unread.after && seqOfLine(line) <= unread.upTo && (!before || seqOfLine(before) <= unread.after);

  return (
    <div class="timeline-frame">
      <div class="timeline" role="log" aria-label={text.messages} tabIndex={0} ref={scroll.frame} onScroll={scroll.onScroll}>
        <div class="timeline-top quiet small">
          {room.before === 0 ? text.beginning(room.title) : text.older}
        </div>
        {room.before === 0 && lines.length === 0 && <p class="quiet">{text.empty}</p>}
        {/* One flat list: elements keep their places by key when older ones are put above them. */}
        {lines.flatMap((line, i) => {
          const before = lines[i - 1];
          const isNewDay = !before || !isSameDay(atOf(before), atOf(line));
          const isNew = isFirstNew(line, before);
          const isGrouped = !isNewDay && !isNew && before !== undefined && areClose(before, line, room.self);
          return [
            isNewDay && (
              <div key={`day ${atOf(line)}`} class="day" role="separator" aria-label={dayOf(atOf(line), Date.now(), language.value, text)}>
                <span>{dayOf(atOf(line), Date.now(), language.value, text)}</span>
              </div>
            ),
            isNew && <div key="new" class="fresh" role="separator" aria-label={text.newSince}><span>{text.newSince}</span></div>,
            line.kind === "post" ? (
              <Message key={line.key} id={line.key} room={room} post={line.post} trouble={line.trouble} isGrouped={isGrouped} reply={reply} />
            ) : (
              <OutgoingMessage key={line.key} id={line.key} room={room} item={line.item} isGrouped={isGrouped} />
            ),
          ];
        })}
      </div>
      {!scroll.isAtEnd && (
        <button type="button" class="to-end" onClick={scroll.toEnd}>
          ↓ {fresh > 0 ? text.newMessages(fresh) : text.toLatest}
        </button>
      )}
    </div>
  );
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

function isOwn(line: Line | undefined, self: string): boolean {
  return line !== undefined && authorOf(line, self) === self;
}

function areClose(before: Line, line: Line, self: string): boolean {
  const isReply = line.kind === "post" ? line.post.replyTo > 0 : line.item.change.action === "send" && line.item.change.replyTo > 0;
  return !isReply && authorOf(before, self) === authorOf(line, self) && atOf(line) - atOf(before) < GROUP_MS;
}
