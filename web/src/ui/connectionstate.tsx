import type { VNode } from "preact";
import type { ConnectionStatus } from "../state/app.ts";
import { useSlice, useText } from "./page.ts";
import type { Text } from "./text.ts";

const WORDS: Readonly<Record<ConnectionStatus, (text: Text) => string>> = {
  connected: (text) => text.connected,
  connecting: (text) => text.connecting,
  offline: (text) => text.offline,
  "signed-out": (text) => text.signedOut,
  banned: (text) => text.banned,
};

/** Says in words whether the page is connected. */
export function ConnectionState(): VNode {
  const status = useSlice("connection");
  return (
    <p role="status" class={`connection ${status}`}>
      <span class="lamp" aria-hidden="true" />
      {WORDS[status](useText())}
    </p>
  );
}
