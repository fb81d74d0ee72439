import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { seqOf } from "../state/cursor.ts";
import type { Outgoing } from "../state/outgoing.ts";
import type { Post } from "../state/post.ts";
import type { RoomState } from "../state/room.ts";
import { pinsOf, timeline, type Line } from "../state/select.ts";
import { pointed } from "./jump.ts";
import { Lines } from "./lines.tsx";
import { usePage, useSlice, useText } from "./page.ts";
import { usePlace } from "./place.ts";
import { useScroll } from "./scroll.ts";

interface TimelineProps {
  readonly room: RoomState;
  readonly reply: (post: Post) => void;
}

/** The messages of a room, oldest first. Scrolling up loads older ones. */
export function Timeline({ room, reply }: TimelineProps): VNode {
  const { maru } = usePage();
  const text = useText();
  const outgoing = useSlice("outgoing");
  const isConnected = useSlice("connection") === "connected";
  const { lines, newest, pins } = useLines(room, outgoing);
  // What was unread when the reader opened the room: the separator above it stays.
  const [unread] = useState({ after: room.mark.seq, upTo: seqOf(room.cursor) });
  const place = usePlace(room);
  const hasNewer = room.stretch !== null;
  const { before: oldest } = room.stretch ?? room;
  const scroll = useScroll({
    lastKey: newest?.key ?? "",
    isOwnLast: newest?.kind === "outgoing" || newest?.post.author === room.self,
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
    if (!scroll.isAtEnd) return;
    if (document.hasFocus()) maru.read(room.id);
    if (scroll.frame.current && !isInUse(scroll.frame.current)) maru.history.letGo(room.id);
  }, [room.cursor, scroll.isAtEnd]);

  return (
    <div class="timeline-frame">
      <div class="timeline" role="log" aria-label={text.messages} tabIndex={0} ref={scroll.frame} onScroll={scroll.onScroll}>
        <div class="timeline-top quiet small">
          {oldest === 0 ? text.beginning(room.title) : text.older}
        </div>
        {oldest === 0 && lines.length === 0 && <p class="quiet">{text.empty}</p>}
        <Lines room={place} lines={lines} pins={pins} unread={unread} lit={lit} isConnected={isConnected} reply={reply} />
      </div>
      {!scroll.isAtEnd && (
        <button type="button" class="to-end" onClick={toEnd}>
          ↓ {fresh > 0 ? text.newMessages(fresh) : text.toLatest}
        </button>
      )}
    </div>
  );
}

interface Shown {
  readonly lines: readonly Line[];
  /** The newest line of the room even while older posts are shown: going back to it is no new line. */
  readonly newest: Line | undefined;
  readonly pins: ReadonlySet<number>;
}

/** What a timeline shows: the same objects until it changes. */
function useLines(room: RoomState, outgoing: readonly Outgoing[]): Shown {
  const { id, self, cursor, posts, stretch, apart } = room;
  const pins = useMemo(() => new Set(pinsOf({ outgoing }, room)), [id, cursor, room.pins, outgoing]);
  return useMemo(() => {
    const lines = timeline({ self, outgoing }, room);
    const newest = stretch ? timeline({ self, outgoing }, { ...room, stretch: null }) : lines;
    return { lines, newest: newest.at(-1), pins };
  }, [id, self, cursor, posts, stretch, apart, outgoing, pins]);
}

/** Whether a message has the focus or a selection, so that it must not be dropped. */
function isInUse(frame: Element): boolean {
  const { activeElement } = document;
  const selection = document.getSelection();
  const isSelected = selection?.isCollapsed === false && (frame.contains(selection.anchorNode) || frame.contains(selection.focusNode));
  return isSelected || (activeElement !== frame && frame.contains(activeElement));
}
