import type { ConfigBody } from "../../web/src/protocol/bodies.ts";
import type { Home } from "./home.ts";
import { roomOf, tokenOf } from "./log.ts";
import type { Person } from "./person.ts";

/** How many frames one message carries. In the cloud each message is one invocation with a timeout, which a busy machine must not exceed. */
const FRAMES = 10;

/**
 * Posts many messages into the room that a person has open, as that person, over
 * a separate socket, which is faster than typing. Resolves once all are acknowledged.
 */
export async function pour(home: Home, person: Person, words: readonly string[]): Promise<void> {
  const config = (await (await fetch(`${home.baseURL}config.json`)).json()) as ConfigBody;
  const order = { url: config.socket, token: await tokenOf(person), room: roomOf(person), words, frames: FRAMES };
  await person.page.evaluate(pourInPage, order);
}

interface Order {
  readonly url: string;
  readonly token: string;
  readonly room: string;
  readonly words: readonly string[];
  readonly frames: number;
}

/** Runs in the page, and so must not use anything outside this function. */
function pourInPage({ url, token, room, words, frames }: Order): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ["maru.v1", `bearer.${token}`]);
    let since = "";
    let sent = 0;
    let acknowledged = 0;
    const sendSome = (): void => {
      const some = words.slice(sent, sent + frames);
      const lines = some.map((text, i) => JSON.stringify({ action: "send", ref: `p${i}`, room, id: crypto.randomUUID(), since, text }));
      sent += some.length;
      socket.send(lines.join("\n"));
    };
    const take = (frame: { readonly type: string; readonly ref?: string; readonly cursor?: string }): void => {
      if (frame.type === "error") reject(new Error(JSON.stringify(frame)));
      if (frame.type === "room.joined" && frame.cursor) {
        since = frame.cursor;
        sendSome();
      }
      if (frame.type !== "ack" || !frame.ref?.startsWith("p")) return;
      acknowledged += 1;
      since = frame.cursor ?? since;
      if (acknowledged === words.length) {
        socket.close();
        resolve();
      } else if (acknowledged === sent) sendSome();
    };
    socket.onopen = () => socket.send(JSON.stringify({ action: "join", ref: "join", room }));
    socket.onclose = () => reject(new Error("the socket was closed"));
    socket.onmessage = (event: MessageEvent<string>) => {
      for (const line of event.data.split("\n")) take(JSON.parse(line) as Parameters<typeof take>[0]);
    };
  });
}
