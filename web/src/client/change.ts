import type { Outgoing } from "../state/outgoing.ts";
import type { ClientFrame, Cursor } from "../protocol/frames.ts";

/** Returns the frame that asks for a change. Empty fields are left out. */
export function changeFrame(item: Outgoing, since: Cursor): ClientFrame {
  const { id, room, change } = item;
  const common = { room, id, since };
  switch (change.action) {
    case "send":
      return {
        action: "send", ...common, text: change.text,
        ...(change.replyTo > 0 && { reply_to: change.replyTo }),
        ...(change.mentions.length > 0 && { mentions: [...change.mentions] }),
        ...(change.all && { all: true }),
      };
    case "edit":
      return { action: "edit", ...common, post: change.post, text: change.text };
    case "delete":
    case "pin":
    case "unpin":
      return { action: change.action, ...common, post: change.post };
    case "topic":
      return { action: "topic", ...common, text: change.text };
    case "react":
    case "unreact":
      return { action: change.action, ...common, post: change.post, emoji: change.emoji };
  }
}
