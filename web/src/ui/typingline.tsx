import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { typingIn } from "../state/select.ts";
import { useSlice, useText } from "./page.ts";

/** Says who is typing. It looks again each second, since nothing tells that somebody stopped. */
export function TypingLine({ room }: { readonly room: string }): VNode {
  const text = useText();
  const [now, setNow] = useState(Date.now());
  const typing = useSlice("typing");
  const known = typing.get(room);
  useEffect(() => {
    setNow(Date.now());
    if (!known?.size) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [known]);
  const names = typingIn({ typing }, room, now);
  return <p class="typing quiet small" aria-live="polite">{names.length > 0 ? text.typing(names) : ""}</p>;
}
