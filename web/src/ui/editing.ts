import { signal } from "@preact/signals";

/** The one post that is being edited on this page. */
export const editing = signal<{ readonly room: string; readonly post: number } | null>(null);
