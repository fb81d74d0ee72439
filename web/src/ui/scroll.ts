import { useEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";

interface ScrollPorts {
  /** The key of the last line: another one is something new. */
  readonly lastKey: string;
  /** What is new was written here: then it is shown wherever one was reading. */
  readonly isOwnLast: boolean;
  readonly loadOlder: () => void;
  readonly canLoadOlder: boolean;
  readonly loadNewer: () => void;
  /** Whether the list ends before the newest line. */
  readonly hasNewer: boolean;
  /** The end is in sight. */
  readonly read: () => void;
}

export interface Scroll {
  readonly frame: RefObject<HTMLDivElement | null>;
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
  /** Brings an element into the middle, and stays there. */
  readonly show: (element: Element) => void;
  /** After each rendering: keeps in sight what was in sight. */
  readonly settle: () => void;
}

const END_PX = 48;
/** Older messages are loaded when less than this is left above. */
const AHEAD_PX = 800;

interface Anchor {
  readonly element: Element;
  readonly top: number;
}

/**
 * A list that stays at its end while one is there, and that otherwise does not
 * move when lines are put above or below what one reads. Browsers differ in
 * their own anchoring, so the style sheet switches it off.
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
    // What is shown next is the end, be it this list's or another's.
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

  // A smaller window, or a keyboard that comes up, moves the end out of sight.
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

/** The first line that is in sight, and where it stands. */
function anchorOf(box: HTMLElement): Anchor | null {
  const top = box.getBoundingClientRect().top;
  for (const element of box.querySelectorAll("article")) {
    const place = element.getBoundingClientRect();
    if (place.bottom > top) return { element, top: place.top };
  }
  return null;
}
