import { describe, expect, it } from "vitest";
import { ApiError, type Api } from "../http/api.ts";
import { pick, seeded, type Random } from "../state/testlog.ts";
import { TestBrowser } from "./testbrowser.ts";
import { TestClock } from "./testclock.ts";
import { apiOf, Person, textsIn } from "./testperson.ts";
import { NO_FAULTS, TestServer } from "./testserver.ts";

const FIRST_SEED = Number(process.env["MARU_SEED"] ?? 1);
const RUNS = process.env["MARU_SEED"] ? 1 : Number(process.env["MARU_RUNS"] ?? 15);
const STEPS = 60;
const USER = "ann";

const FAULTS = { lost: 0.04, unanswered: 0.04, unpushed: 0.1, unavailable: 0.05, limited: 0.05, silent: 0.02, died: 0.03 };

/** One user with several tabs, in a world where everything fails now and then. */
class World {
  readonly clock = new TestClock();
  readonly server: TestServer;
  readonly #browser: TestBrowser;
  readonly tabs: { readonly person: Person; isHidden: boolean; looked: () => void }[] = [];
  /** The messages that were stored, with their rooms. */
  readonly stored: { readonly room: string; readonly text: string }[] = [];
  isFailing = true;
  #texts = 0;

  constructor(private readonly random: Random, readonly hasLocks: boolean) {
    this.server = new TestServer(this.clock, random, ["r1", "r2"], [USER]);
    this.#browser = new TestBrowser(this.clock, random, hasLocks);
  }

  get rooms(): readonly string[] {
    return [...this.server.logs.keys()];
  }

  step(): Promise<void> | void {
    const { random, server, clock } = this;
    const roll = random();
    if (roll < 0.3) return this.#write();
    if (roll < 0.35) return this.#openTab();
    if (roll < 0.4) return this.#closeTab();
    if (roll < 0.44) return server.cut();
    if (roll < 0.47) return server.silence();
    if (roll < 0.54) return server.tell({ type: "connection.closing", reason: "shutdown" });
    if (roll < 0.58) return server.tell({ type: "connection.closing", reason: "idle" });
    if (roll < 0.61) return void (server.isUp = !server.isUp);
    if (roll < 0.65) return this.#crowd();
    if (roll < 0.68) return this.#makeRoom();
    if (roll < 0.74) return this.#look();
    if (roll < 0.76) return clock.advance(random() * 30 * 60_000);
    return clock.advance(random() * (random() < 0.6 ? 30 : 4_000));
  }

  /** Ends all failures. */
  async calm(): Promise<void> {
    this.server.faults = NO_FAULTS;
    this.server.isUp = true;
    this.isFailing = false;
    if (this.tabs.length === 0) this.#openTab();
    for (const tab of this.tabs) {
      tab.isHidden = false;
      tab.looked();
    }
    await this.clock.advance(2 * 60_000);
    // A new room is not announced to a page without a connection: the protocol allows that.
    for (const { person } of this.tabs) void person.maru.relist();
    await this.clock.advance(1_000);
  }

  async outbox(): Promise<readonly unknown[]> {
    const stored = this.#browser.storage.load();
    await this.clock.advance(1_000);
    return stored;
  }

  #openTab(): void {
    const tab = { isHidden: false, looked: (): void => undefined };
    const visibility = {
      isHidden: () => tab.isHidden,
      onChange: (listener: () => void) => {
        const before = tab.looked;
        tab.looked = () => {
          before();
          listener();
        };
        return () => void (tab.looked = before);
      },
    };
    const person = new Person(USER, this.server, this.clock, this.random, this.#browser.storage, this.#api(), { tabs: this.#browser.open(), visibility });
    person.maru.open("r1");
    this.tabs.push(Object.assign(tab, { person }));
  }

  #closeTab(): void {
    const [tab] = this.tabs.splice(pick(this.random, 0, Math.max(0, this.tabs.length - 1)), 1);
    tab?.person.maru.stop();
  }

  #write(): void {
    if (this.tabs.length === 0) return this.#openTab();
    const tab = this.#any(this.tabs);
    const room = this.#any([...tab.person.maru.store.state.rooms.keys(), "r1"]);
    const text = `text ${++this.#texts}`;
    const change = { action: "send", text, replyTo: 0, mentions: [], all: false } as const;
    void tab.person.maru.change(room, change).then(() => this.stored.push({ room, text }));
  }

  #look(): void {
    if (this.tabs.length === 0) return;
    const tab = this.#any(this.tabs);
    tab.isHidden = !tab.isHidden;
    tab.looked();
  }

  #crowd(): void {
    const room = this.#any(this.rooms);
    for (let i = 0; i < 25; i++) this.server.append(room, "crowd", this.server.newID(), "crowd");
  }

  #makeRoom(): void {
    if (this.rooms.length >= 5) return;
    this.server.addRoom(`r${this.rooms.length + 1}`, [USER]);
  }

  #any<T>(list: readonly T[]): T {
    return list[pick(this.random, 0, list.length - 1)] as T;
  }

  /** Lists of rooms are slow and may fail, too. */
  #api(): Api {
    const api = apiOf(this.server);
    return {
      ...api,
      myRooms: async () => {
        const { random } = this;
        const list = await api.myRooms();
        await new Promise<void>((resolve) => this.clock.after(random() * 100, resolve));
        if (this.isFailing && random() < 0.2) throw new ApiError("unavailable", "", 503);
        return list;
      },
    } as unknown as Api;
  }
}

/** Everything that a tab shows of a room, from its first post on. */
async function shown(person: Person, room: string, clock: TestClock): Promise<readonly string[]> {
  const { maru } = person;
  maru.open(room);
  for (let i = 0; i < 200 && maru.store.state.rooms.get(room)?.before !== 0; i++) {
    await maru.history.loadOlder(room);
    await clock.advance(0);
  }
  return person.shows(room);
}

describe("A browser of several tabs", () => {
  it.each([["one of which sends", true], ["that all send, without locks", false]])(
    "%s: brings every message into the log once, and each tab shows the log, whatever fails",
    async (_what, hasLocks) => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
        const hint = `MARU_SEED=${seed}`;
        const world = new World(seeded(seed), hasLocks);
        const { clock, server } = world;
        server.faults = FAULTS;
        for (let i = 0; i < STEPS; i++) await world.step();
        await world.calm();
        expect(await world.outbox(), `${hint}: the outbox`).toEqual([]);
        for (const room of world.rooms) {
          const texts = textsIn(server, room, USER);
          expect(texts, `${hint}: ${room}, each once`).toEqual([...new Set(texts)]);
          for (const { text } of world.stored.filter((s) => s.room === room)) expect(texts, hint).toContain(text);
        }
        // The heartbeat that asks for all rooms comes after five minutes; what is written after it is pushed.
        await clock.advance(5 * 60_000);
        const sockets = server.sockets;
        for (const room of world.rooms) server.append(room, "bo", server.newID(), "at last");
        await clock.advance(2_000);
        for (const { person } of world.tabs) {
          expect(person.maru.store.state.connection, hint).toBe("connected");
          expect(person.maru.store.state.outgoing, hint).toEqual([]);
          for (const room of world.rooms) expect(await shown(person, room, clock), `${hint}: ${room}`).toEqual(textsIn(server, room));
          person.maru.stop();
        }
        expect(server.sockets, `${hint}: sockets opened in peace`).toBe(sockets);
      }
    },
    60_000,
  );
});
