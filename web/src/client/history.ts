import type { Api } from "../http/api.ts";
import type { AppEvent } from "../state/app.ts";
import type { HistoryPage } from "../state/history.ts";
import { postFrom } from "../state/post.ts";
import { indexOfPost } from "../state/posts.ts";
import { namesFrom } from "./decode.ts";
import type { Store } from "./store.ts";

/** A jump to a post also loads this many entries after it. */
const AFTER = 25;
/** Posts of a page at most. Reading a page that ends this many entries further on leaves no gap. */
const PAGE = 50;
/** Posts of a room that stay loaded at most while its reader is at the newest ones. */
const MOST = 1_000;
/** Posts that remain when there are more, for scrolling up a little. */
const KEPT = 500;

interface Read {
  readonly page: HistoryPage;
  readonly names: ReadonlyMap<string, string>;
}

/** Loads posts of a room over HTTP: older ones, and those that the reader jumps to. */
export class History {
  readonly #loading = new Set<string>();

  constructor(private readonly api: Pick<Api, "history">, private readonly store: Store) {}

  /** Loads the next page of posts above those that are shown. */
  async loadOlder(id: string): Promise<void> {
    const room = this.store.state.rooms.get(id);
    const end = (room?.stretch ?? room)?.before;
    if (!room || !end) return;
    const isStretch = room.stretch !== null;
    await this.#alone(id, async () => {
      const read = { room: id, end, ...(await this.#read(id, end)) };
      return isStretch ? { type: "stretch", isJump: false, ...read } : { type: "history", ...read };
    });
  }

  /** Loads the next posts below a stretch of older ones. */
  async loadNewer(id: string): Promise<void> {
    const stretch = this.store.state.rooms.get(id)?.stretch;
    if (!stretch) return;
    await this.#alone(id, () => this.#readStretch(id, stretch.after + PAGE, false));
  }

  /** Drops the oldest posts when too many are loaded and the reader is at the newest: a page may be open for weeks. */
  letGo(id: string): void {
    const room = this.store.state.rooms.get(id);
    if (room && !room.stretch && room.posts.length > MOST) this.store.dispatch({ type: "trim", room: id, keep: KEPT });
  }

  /** Loads the post unless it is shown already, and reports whether it is shown now. */
  async jumpTo(id: string, post: number): Promise<boolean> {
    const room = this.store.state.rooms.get(id);
    if (!room) return false;
    if (indexOfPost(room.posts, post) >= 0) this.store.dispatch({ type: "latest", room: id });
    else if (indexOfPost(room.stretch?.posts ?? [], post) < 0) await this.#readStretch(id, post + AFTER, true).then(this.store.dispatch, () => undefined);
    const now = this.store.state.rooms.get(id);
    return indexOfPost((now?.stretch ?? now)?.posts ?? [], post) >= 0;
  }

  /** Loads a post that is shown apart from the others, such as a pinned one. */
  async fetchPost(id: string, post: number): Promise<void> {
    const read = await this.#read(id, post + 1, 1);
    this.store.dispatch({ type: "apart", room: id, ...read });
  }

  async #readStretch(id: string, end: number, isJump: boolean): Promise<AppEvent> {
    return { type: "stretch", room: id, end, isJump, ...(await this.#read(id, end)) };
  }

  async #read(id: string, end: number, limit = PAGE): Promise<Read> {
    const { posts, cursor, before, names } = await this.api.history(id, end, limit);
    return { page: { posts: posts.map(postFrom), cursor, before }, names: namesFrom(names) };
  }

  /** Loads one page of a room at a time: scrolling asks again and again. The next page may be asked for as soon as this one is shown. */
  async #alone(id: string, load: () => Promise<AppEvent>): Promise<void> {
    if (this.#loading.has(id)) return;
    this.#loading.add(id);
    // A page that could not be read is asked for again on the next scroll or connection.
    const event = await load().catch(() => null);
    this.#loading.delete(id);
    if (event) this.store.dispatch(event);
  }
}
