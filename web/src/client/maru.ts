import type { Api } from "../http/api.ts";
import type { Bodies } from "../protocol/bodies.ts";
import type { ClientFrame } from "../protocol/frames.ts";
import { newState } from "../state/app.ts";
import { seqOf } from "../state/cursor.ts";
import type { Change } from "../state/outgoing.ts";
import { backoff, type Cancel } from "./clock.ts";
import { Connection, type ConnectionPorts } from "./connection.ts";
import { listedFrom } from "./decode.ts";
import { Heartbeat } from "./heartbeat.ts";
import { History } from "./history.ts";
import { Marks } from "./marks.ts";
import { Outbox } from "./outbox.ts";
import { Rooms } from "./rooms.ts";
import { refusalOf } from "./session.ts";
import type { OutboxStorage } from "./storage.ts";
import { Store } from "./store.ts";
import { lone, type Tabs } from "./tabs.ts";
import { TYPING_EVERY_MS } from "./typing.ts";

export interface MaruPorts extends ConnectionPorts {
  readonly api: Api;
  readonly self: string;
  readonly storage: OutboxStorage;
  readonly tabs: Tabs;
  newID(): string;
}

/** Posts of a room that stay loaded when its reader leaves it. */
const KEPT_POSTS = 100;

/** The list of rooms is read again if it is older than this when the first connection is ready. */
const FRESH_LIST_MS = 5_000;

/** The client of one signed-in user: it wires the parts together and holds no rules of its own. */
export class Maru {
  readonly store: Store;
  readonly history: History;
  readonly #connection: Connection;
  readonly #rooms: Rooms;
  readonly #outbox: Outbox;
  readonly #marks: Marks;
  readonly #heartbeat: Heartbeat;
  /** The lone tab where the storage is not shared, since there is nothing to coordinate. */
  readonly #tabs: Tabs;
  #onScreen: string | null = null;
  #retryList: Cancel | null = null;
  /** Requests for the list of rooms are numbered: the last one sent, and the newest one whose answer was taken. */
  #listsAsked = 0;
  #listTaken = 0;
  /** When the list that is shown was requested. */
  #listedAt = 0;
  /** Where and when a sign of typing was last sent. */
  #typed: { readonly room: string | null; readonly at: number } = { room: null, at: 0 };
  #isStarted = false;
  #wasReady = false;

  constructor(private readonly ports: MaruPorts) {
    const { clock, random, self, storage } = ports;
    this.#tabs = storage.isShared ? ports.tabs : lone;
    this.store = new Store(newState(self));
    this.history = new History(ports.api, this.store);
    const { dispatch } = this.store;
    this.#connection = new Connection(ports, {
      status: (status) => {
        this.#outbox.setConnected(status === "connected");
        dispatch({ type: "connection", status });
      },
      greet: (link) => this.#rooms.greet(link),
      ready: () => this.#ready(),
      frame: (frame) => this.#rooms.take(frame),
    });
    this.#outbox = new Outbox({
      self, storage, clock, random, newID: ports.newID,
      ask: (frame) => this.#connection.ask(frame),
      cursorOf: (room) => {
        const cursor = this.store.state.rooms.get(room)?.cursor;
        return cursor === undefined || seqOf(cursor) === 0 ? null : cursor;
      },
      show: (outgoing) => dispatch({ type: "outgoing", outgoing }),
      announce: (news) => this.#tabs.announce(news),
      wake: () => this.#connection.wake(),
    });
    this.#rooms = new Rooms({
      store: this.store, clock, random,
      ask: (frame) => this.#connection.ask(frame),
      relist: () => void this.#list(0),
      onReset: (room) => void this.#outbox.onReset(room),
      onLost: (room) => {
        void this.#outbox.onLost(room);
        this.#forgetLists();
      },
      onEntries: (entries) => void this.#outbox.onEntries(entries),
      onRead: (room) => this.#outbox.onRead(room),
      onSnapshot: (room) => {
        if (room === this.#onScreen && this.#connection.isReady) this.#look(room);
      },
    });
    this.#marks = new Marks(this.store, clock, (room, cursor) => {
      if (this.#connection.isReady) this.#connection.tell({ action: "mark", room, cursor });
      return this.#connection.isReady;
    });
    this.#heartbeat = new Heartbeat({
      clock, visibility: ports.visibility,
      beat: (scope) => this.#beat(scope),
      hide: (hidden) => this.#connection.tell({ action: "hide", hidden }),
    });
  }

  async start(): Promise<void> {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#tabs.onNews((news) => void this.#outbox.onNews(news));
    await this.#outbox.load();
    this.#tabs.lead(() => void this.#outbox.lead());
    await this.#list(0);
  }

  stop(): void {
    this.#isStarted = false;
    this.#retryList?.();
    this.#heartbeat.stop();
    this.#rooms.stop();
    this.#connection.stop();
    this.#outbox.setConnected(false);
    this.ports.tabs.close();
  }

  /** Shows a room, or none. */
  open(room: string | null): void {
    if (this.#onScreen && this.#onScreen !== room) {
      this.store.dispatch({ type: "trim", room: this.#onScreen, keep: KEPT_POSTS });
    }
    this.#onScreen = room;
    if (room) this.#look(room);
  }

  /** Shows the newest posts again. */
  toLatest(room: string): void {
    this.store.dispatch({ type: "latest", room });
  }

  change(room: string, change: Change): Promise<void> {
    this.#connection.hurry();
    if (change.action === "send") this.toLatest(room);
    // After sending, the user no longer counts as typing, so the next key is announced at once.
    this.#typed = { room: null, at: 0 };
    return this.#outbox.add(room, change);
  }

  retry(id: string, change?: Change): Promise<void> {
    return this.#outbox.retry(id, change);
  }

  discard(id: string): Promise<void> {
    return this.#outbox.discard(id);
  }

  read(room: string): void {
    this.#marks.read(room);
  }

  /** Asks who is present in the room: the server does not push that. */
  askPresence(room: string): void {
    void this.#connection.ask({ action: "presence", room });
  }

  typing(room: string): void {
    const now = this.ports.clock.now();
    if (room === this.#typed.room && now - this.#typed.at < TYPING_EVERY_MS) return;
    this.#typed = { room, at: now };
    this.#connection.tell({ action: "typing", room });
  }

  /** Reads the list of rooms again, and joins those that are new. */
  async relist(): Promise<void> {
    const list = ++this.#listsAsked;
    const askedAt = this.ports.clock.now();
    const { rooms } = await this.ports.api.myRooms();
    // Answers may arrive out of order: a list requested earlier knows less than the one that is shown.
    if (list < this.#listTaken) return;
    this.#listTaken = list;
    this.#listedAt = askedAt;
    const known = new Set(this.store.state.rooms.keys());
    const listed = rooms.map(listedFrom);
    this.store.dispatch({ type: "rooms", rooms: listed });
    if (!this.#connection.isReady) return;
    await Promise.all(listed.filter((room) => !known.has(room.id)).map((room) => this.#rooms.join(room.id)));
  }

  /** Discards the lists that are under way, since they may still name a room that was lost, and asks for a new one. */
  #forgetLists(): void {
    if (this.#listsAsked <= this.#listTaken) return;
    this.#listTaken = this.#listsAsked + 1;
    void this.#list(0);
  }

  async #list(failures: number): Promise<void> {
    this.#retryList?.();
    this.#retryList = null;
    try {
      await this.relist();
      if (this.#isStarted) this.#connection.start();
    } catch (error) {
      if (!this.#isStarted) return;
      const refusal = refusalOf(error);
      // Once a list was read, the connection reports its own status.
      if (refusal || !this.store.state.isListed) this.store.dispatch({ type: "connection", status: refusal ?? "offline" });
      if (refusal) this.#connection.stop();
      else this.#retryList = this.ports.clock.after(backoff(failures, this.ports.random), () => void this.#list(failures + 1));
    }
  }

  #ready(): void {
    this.#rooms.onReady();
    this.#outbox.setConnected(true);
    this.#heartbeat.start();
    this.#heartbeat.onReady();
    this.#marks.flush();
    // Room changes between two connections, or while the first one was slow to open, were not pushed.
    if (this.#wasReady || this.ports.clock.now() - this.#listedAt > FRESH_LIST_MS) void this.#list(0);
    this.#wasReady = true;
    if (this.#onScreen) this.#look(this.#onScreen);
  }

  #look(room: string): void {
    const state = this.store.state.rooms.get(room);
    if (state && state.before > state.base) void this.history.loadOlder(room);
    this.askPresence(room);
    void this.#loadMembers(room);
  }

  /** Reads the members and their names. Entries that follow the read are folded on top. */
  async #loadMembers(id: string): Promise<void> {
    const room = this.store.state.rooms.get(id);
    if (!room) return;
    const asOf = seqOf(room.cursor);
    try {
      const members: Bodies["Member"][] = [];
      for (let after: string | undefined = ""; after !== undefined; ) {
        const page: Bodies["MemberList"] = await this.ports.api.members(id, after);
        members.push(...page.members);
        after = page.next;
      }
      this.store.dispatch({ type: "members", room: id, list: { members, asOf } });
    } catch {
      // Unknown names are shown as ids until the room is opened again.
    }
  }

  #beat(scope: "screen" | "all"): void {
    void this.#outbox.look();
    const all = [...this.store.state.rooms.values()];
    const rooms = scope === "all" ? all : all.filter((room) => room.id === this.#onScreen);
    if (!this.#connection.isReady) {
      if (!this.ports.visibility.isHidden()) this.#connection.hurry();
      return;
    }
    const frames: ClientFrame[] = [];
    if (rooms.length > 0) {
      frames.push({ action: "heartbeat", cursors: Object.fromEntries(rooms.map((room) => [room.id, room.cursor])) });
    }
    if (this.#onScreen && !this.ports.visibility.isHidden()) frames.push({ action: "presence", room: this.#onScreen });
    this.#connection.askAll(frames);
  }
}
