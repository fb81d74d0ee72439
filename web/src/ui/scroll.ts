import { useEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";

interface ScrollPorts {
  /** The key of the last line; it changes when a line is added. */
  readonly lastKey: string;
  /** Whether the last line is the reader's own: then it is shown wherever they were reading. */
  readonly isOwnLast: boolean;
  readonly loadOlder: () => void;
  readonly canLoadOlder: boolean;
  readonly loadNewer: () => void;
  /** Whether the list ends before the newest line. */
  readonly hasNewer: boolean;
  /** Called when the window gets the focus while the end is in sight. */
  readonly read: () => void;
}

export interface Scroll {
  readonly frame: RefObject<HTMLDivElement | null>;
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
  /** Scrolls an element into the middle, and stays there. */
  readonly show: (element: Element) => void;
  /** Called after each rendering: keeps what was in sight in sight. */
  readonly settle: () => void;
}

const END_PX = 48;
/** Older or newer messages are loaded when less than this is left to scroll. */
const AHEAD_PX = 800;

interface Anchor {
  readonly element: Element;
  readonly top: number;
}

/**
 * A list that stays at its end while the reader is there, and otherwise does not
 * move when lines are added above or below. Browsers differ in their own scroll
 * anchoring, so the style sheet switches it off.
 */
export function useScroll(ports: ScrollPorts): Scroll {
  const frame = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const isHeld = useRef(true);
  const lastKey = useRef(ports.lastKey);
  const [isAtEnd, setAtEnd] = useState(true);

  const look = (): void => {
    const box = frame.current;
    if (!box) return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    isHeld.current = below < END_PX && !ports.hasNewer;
    setAtEnd(isHeld.current);
    anchor.current = isHeld.current ? null : anchorOf(box);
    if (box.scrollTop < AHEAD_PX && ports.canLoadOlder) ports.loadOlder();
    if (below < AHEAD_PX && ports.hasNewer) ports.loadNewer();
  };
  const toEnd = (): void => {
    // The next list to be drawn may be another one: it is to be shown at its end, too.
    isHeld.current = true;
    anchor.current = null;
    setAtEnd(true);
    const box = frame.current;
    if (box) box.scrollTop = box.scrollHeight;
  };
  const show = (element: Element): void => {
    isHeld.current = false;
    lastKey.current = ports.lastKey;
    element.scrollIntoView({ block: "center" });
    look();
  };
  const settle = (): void => {
    const box = frame.current;
    if (!box) return;
    const isNewOwn = ports.isOwnLast && !ports.hasNewer && ports.lastKey !== lastKey.current;
    lastKey.current = ports.lastKey;
    if ((isHeld.current && !ports.hasNewer) || isNewOwn) {
      box.scrollTop = box.scrollHeight;
      isHeld.current = true;
    } else if (anchor.current?.element.isConnected) {
      box.scrollTop += anchor.current.element.getBoundingClientRect().top - anchor.current.top;
    }
    if (box.scrollTop < AHEAD_PX && ports.canLoadOlder) ports.loadOlder();
  };

  // A smaller window, or an on-screen keyboard, would hide the end.
  useEffect(() => {
    const box = frame.current;
    if (!box || typeof ResizeObserver === "undefined") return undefined;
    const observer = new ResizeObserver(() => {
      if (isHeld.current) box.scrollTop = box.scrollHeight;
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const onFocus = (): void => {
      if (isHeld.current) ports.read();
    };
    window.addEventListener("focus", onFocus);
    return () => window.removeEventListener("focus", onFocus);
  }, []);

  return { frame, isAtEnd, onScroll: look, toEnd, show, settle };
}

/** The first line that is in sight, and its position. */
function anchorOf(box: HTMLElement): Anchor | null {
  const top = box.getBoundingClientRect().top;
  for (const element of box.querySelectorAll("article")) {
    const place = element.getBoundingClientRect();
    if (place.bottom > top) return { element, top: place.top };
  }
  return null;
}
