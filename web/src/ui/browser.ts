import type { Cancel } from "../client/clock.ts";
import type { Online } from "../client/connection.ts";
import type { Visibility } from "../client/heartbeat.ts";
import type { OpenSocket } from "../client/link.ts";
import { IndexedDBStorage, MemoryStorage, type OutboxStorage } from "../client/storage.ts";

/** The browser's own things in the shapes that the client asks for. */

export const openSocket: OpenSocket = (url, protocols, events) => {
  const socket = new WebSocket(url, [...protocols]);
  socket.onopen = () => events.opened();
  socket.onmessage = (event: MessageEvent<unknown>) => {
    if (typeof event.data === "string") events.message(event.data);
  };
  socket.onclose = () => events.closed();
  return { send: (message) => socket.send(message), close: () => socket.close() };
};

export const online: Online = {
  isOnline: () => navigator.onLine,
  onChange: (listener) => listen(window, ["online", "offline"], listener),
};

export const visibility: Visibility = {
  isHidden: () => document.visibilityState === "hidden",
  onChange: (listener) => {
    const stops = [listen(document, ["visibilitychange"], listener), listen(window, ["focus"], listener)];
    return () => stops.forEach((stop) => stop());
  },
};

export async function openStorage(user: string): Promise<OutboxStorage> {
  try {
    return await IndexedDBStorage.open(user);
  } catch {
    return new MemoryStorage();
  }
}

function listen(target: EventTarget, events: readonly string[], listener: () => void): Cancel {
  for (const event of events) target.addEventListener(event, listener);
  return () => {
    for (const event of events) target.removeEventListener(event, listener);
  };
}
