import { signal } from "@preact/signals";
import { goTo } from "./route.ts";

/** The post that the reader jumps to, until the page has shown it. */
export const pointed = signal<{ readonly room: string; readonly post: number } | null>(null);

/** Opens the room at a loaded post. */
export function pointTo(room: string, post: number): void {
  goTo(room);
  pointed.value = { room, post };
}
