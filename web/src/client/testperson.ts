import { ApiError, type Api } from "../http/api.ts";
import type { PostedEntry } from "../protocol/frames.ts";
import { timeline } from "../state/select.ts";
import type { Random } from "../state/testlog.ts";
import { Maru, type MaruPorts } from "./maru.ts";
import { MemoryStorage, type OutboxStorage } from "./storage.ts";
import { lone } from "./tabs.ts";
import type { TestClock } from "./testclock.ts";
import type { TestServer } from "./testserver.ts";

/** A user with a client, for tests. */

export const ROOMS = ["r1", "r2"];
export const USERS = ["ann", "bo"];

/** A storage that other tabs see. */
export class SharedStorage extends MemoryStorage {
  override readonly isShared = true;
}

/** The HTTP API of the test server, as far as tests need it. */
export function apiOf(server: TestServer): Api {
  const lists = {
    myRooms: async () => {
      if (!server.isUp) throw new ApiError("unreachable", "", 0);
      const rooms = [...server.logs].map(([id, log]) => {
        const { cursor, at, posts, alls } = log.at(-1) ?? { cursor: "0", at: 0, posts: 0, alls: 0 };
        const room = { id, title: id, visibility: "public" as const, created_at: 1, members: 2 };
        return { room, role: "member" as const, head: { cursor, at, posts, alls }, mark: { seq: 0, posts: 0, alls: 0 }, unread: { posts, mentions: 0 } };
      });
      return { rooms };
    },
    history: async (room: string, before: number, limit: number) => {
      if (!server.isUp) throw new ApiError("unreachable", "", 0);
      const log = server.logOf(room);
      const older = log.filter((e): e is PostedEntry => e.kind === "posted" && (before === 0 || e.seq < before));
      const posts = older.slice(-Math.min(limit, server.historyPage));
      return { posts, cursor: log.at(-1)?.cursor ?? "0", before: posts.length < older.length ? (posts[0]?.seq ?? 0) : 0, names: {} };
    },
    members: async (_room: string, after: string) => {
      const rest = server.members.filter((member) => member.user > after);
      const members = rest.slice(0, 2);
      const next = members.at(-1)?.user;
      return { members, ...(next !== undefined && rest.length > 2 && { next }) };
    },
  };
  return lists as unknown as Api;
}

export class Person {
  maru: Maru;
  readonly sent: { room: string; text: string }[] = [];

  constructor(
    readonly user: string, readonly server: TestServer, readonly clock: TestClock, readonly random: Random,
    readonly storage: OutboxStorage = new MemoryStorage(), readonly api: Api = apiOf(server),
    readonly page: Partial<Pick<MaruPorts, "tabs" | "visibility">> = {},
  ) {
    this.maru = this.open();
  }

  open(): Maru {
    const maru = new Maru({
      api: this.api, self: this.user, storage: this.storage, tabs: lone, clock: this.clock, random: this.random,
      openSocket: this.server.opener(this.user), socketURL: "ws://test/socket", token: () => "token",
      checkSession: async () => "valid", newID: () => this.server.newID(),
      online: { isOnline: () => true, onChange: () => () => undefined },
      visibility: { isHidden: () => false, onChange: () => () => undefined },
      ...this.page,
    });
    void maru.start();
    return maru;
  }

  async write(room: string): Promise<void> {
    const text = `${this.user} ${this.sent.length}`;
    this.sent.push({ room, text });
    await this.maru.change(room, { action: "send", text, replyTo: 0, mentions: [], all: false });
  }

  /** Closes the page and opens it again: only the storage remains. */
  reload(): void {
    this.maru.stop();
    this.maru = this.open();
  }

  shows(room: string): readonly string[] {
    const state = this.maru.store.state;
    const known = state.rooms.get(room);
    return known ? timeline(state, known).map((line) => (line.kind === "post" ? line.post.text : "pending")) : [];
  }
}

export function textsIn(server: TestServer, room: string, author?: string): string[] {
  const posts = server.logOf(room).filter((e): e is PostedEntry => e.kind === "posted");
  return posts.filter((e) => author === undefined || e.author === author).map((e) => e.text ?? "");
}
