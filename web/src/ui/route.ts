import { signal } from "@preact/signals";

/** What the page shows, as encoded in the fragment of its address, which is never sent to a server. */
export interface Route {
  readonly room: string | null;
  readonly invite: string | null;
  readonly operator: string | null;
  /** A code that was made on another device. */
  readonly device: string | null;
}

export function routeOf(hash: string): Route {
  const room = /^#\/rooms\/([\w-]+)$/.exec(hash)?.[1] ?? null;
  const invite = /^#invite=([\w.~-]+)$/.exec(hash)?.[1] ?? null;
  const operator = /^#operator=([\w.~-]+)$/.exec(hash)?.[1] ?? null;
  const device = /^#device=([\w.~-]+)$/.exec(hash)?.[1] ?? null;
  return { room, invite, operator, device };
}

export function hrefOf(room: string): string {
  return `#/rooms/${room}`;
}

/** The address of this page with the code, for another device. */
export function deviceLinkOf(code: string): string {
  return `${location.href.replace(/#.*$/, "")}#device=${code}`;
}

export const route = signal<Route>(routeOf(location.hash));

window.addEventListener("hashchange", () => {
  route.value = routeOf(location.hash);
});

export function goTo(room: string | null): void {
  location.hash = room ? hrefOf(room) : "#/";
}
