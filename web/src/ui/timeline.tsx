import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { seqOf } from "../state/cursor.ts";
import type { Post } from "../state/post.ts";
import type { RoomState } from "../state/room.ts";
import { pinsOf, timeline, type Line } from "../state/select.ts";
import { pointed } from "./jump.ts";
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
  const pins = new Set(pinsOf(state.value, room));
  const isConnected = state.value.connection === "connected";
  // What was unread when the reader came: the line above it stays there.
  const [unread] = useState({ after: room.mark.seq, upTo: seqOf(room.cursor) });
  const hasNewer = room.stretch !== null;
  // What is newest of all, so that coming to it from older posts is nothing new.
  const newest = (hasNewer ? timeline(state.value, { ...room, stretch: null }) : lines).at(-1);
  const { before: oldest } = room.stretch ?? room;
  const scroll = useScroll({
    lastKey: newest?.key ?? "",
    isOwnLast: isOwn(newest, room.self),
    loadOlder: () => void maru.history.loadOlder(room.id),
    canLoadOlder: oldest !== 0 && isConnected,
    loadNewer: () => void maru.history.loadNewer(room.id),
    hasNewer,
    read: () => maru.read(room.id),
  });
  const seen = useRef(seqOf(room.cursor));
  if (scroll.isAtEnd) seen.current = seqOf(room.cursor);
  const fresh = room.posts.filter((post) => post.seq > seen.current && post.author !== room.self).length;
  const toEnd = (): void => {
    maru.toLatest(room.id);
    scroll.toEnd();
  };
  const target = pointed.value?.room === room.id ? pointed.value.post : 0;
  const [lit, setLit] = useState(0);

  useLayoutEffect(() => {
    const aim = target > 0 ? scroll.frame.current?.querySelector<HTMLElement>(`[data-seq="${target}"]`) : null;
    if (!aim) return scroll.settle();
    pointed.value = null;
    setLit(target);
    scroll.show(aim);
    aim.focus({ preventScroll: true });
  });
  useEffect(() => {
    if (scroll.isAtEnd && document.hasFocus()) maru.read(room.id);
  }, [room.cursor, scroll.isAtEnd]);

  const isFirstNew = (line: Line, before: Line | undefined): boolean =>
    seqOfLine(line) > unread.after && seqOfLine(line) <= unread.upTo && (!before || seqOfLine(before) <= unread.after);

  return (
    <div class="timeline-frame">
      <div class="timeline" role="log" aria-label={text.messages} tabIndex={0} ref={scroll.frame} onScroll={scroll.onScroll}>
        <div class="timeline-top quiet small">
          {oldest === 0 ? text.beginning(room.title) : text.older}
        </div>
        {oldest === 0 && lines.length === 0 && <p class="quiet">{text.empty}</p>}
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
              <Message
                key={line.key} id={line.key} room={room} post={line.post} trouble={line.trouble} isGrouped={isGrouped}
                isLit={line.post.seq === lit} isPinned={pins.has(line.post.seq)} reply={reply}
              />
            ) : (
              <OutgoingMessage key={line.key} id={line.key} room={room} item={line.item} isGrouped={isGrouped} />
            ),
          ];
        })}
      </div>
      {!scroll.isAtEnd && (
        <button type="button" class="to-end" onClick={toEnd}>
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
