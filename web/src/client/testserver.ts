import type { ClientFrame, Entry, PostedEntry, ServerFrame } from "../protocol/frames.ts";
import { seqOf } from "../state/cursor.ts";
import type { MemberList } from "../state/history.ts";
import type { Clock } from "./clock.ts";
import type { OpenSocket, SocketEvents } from "./link.ts";

/** How often things go wrong, from 0 to 1. */
export interface Faults {
  /** A frame is lost with its socket; half of the lost writes are carried out late. */
  lost: number;
  /** A frame is carried out, and its answer is lost with the socket. */
  unanswered: number;
  /** A push does not arrive. */
  unpushed: number;
  /** A write is answered with unavailable, whether it was carried out or not. */
  unavailable: number;
  /** A write is rate limited. */
  limited: number;
  /** A socket falls silent for good, without being closed. */
  silent: number;
  /** API Gateway reports that a function failed, before or after it carried out the frame. */
  died: number;
}

export const NO_FAULTS: Faults = { lost: 0, unanswered: 0, unpushed: 0, unavailable: 0, limited: 0, silent: 0, died: 0 };

/** The real one is 256: a smaller one is exceeded more often. */
const MAX_SCAN = 20;
const PAGE = 9;

/** What API Gateway sends then, without the frame that it is about. */
const DEATH = { message: "Internal server error", connectionId: "c", requestId: "q" };

type Writing = Extract<ClientFrame, { readonly id: string }>;

class Peer {
  readonly rooms = new Set<string>();
  isOpen = true;
  /** Its network is gone, without a close. */
  isSilent = false;

  constructor(readonly user: string, readonly events: SocketEvents) {}

  send(frame: ServerFrame | typeof DEATH): void {
    if (this.isOpen && !this.isSilent) this.events.message(JSON.stringify(frame));
  }

  drop(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.events.closed();
  }
}

/** A server for tests: one log for each room, and a network that fails. */
export class TestServer {
  readonly logs = new Map<string, Entry[]>();
  /** The members that it lists for every room. */
  members: MemberList["members"] = [];
  faults: Faults = NO_FAULTS;
  isUp = true;
  /** The most posts of a page of history; a real server has 50. */
  historyPage = 15;
  /** Every message that a client sent; one message may hold several lines. */
  readonly heard: string[] = [];
  /** How many sockets clients have opened. */
  sockets = 0;
  readonly #peers = new Set<Peer>();
  #ids = 0;

  constructor(private readonly clock: Clock, private readonly random: () => number, rooms: readonly string[], users: readonly string[]) {
    for (const room of rooms) this.addRoom(room, users);
  }

  /** Adds a room and announces it to everybody. */
  addRoom(room: string, users: readonly string[]): void {
    const founders = users.map((user) => ({ user, name: user, role: "member" as const }));
    this.logs.set(room, [{
      seq: 1, cursor: "1.created", at: 1, author: "founder", id: "created", posts: 0, alls: 0,
      kind: "created", visibility: "public", title: room, founders,
    }]);
    this.tell({ type: "room.gained", room });
  }

  /** Returns a new unique id. */
  newID(): string {
    return `id${++this.#ids}`;
  }

  /** The sockets of one user. */
  opener(user: string): OpenSocket {
    return (_url, _protocols, events) => {
      const peer = new Peer(user, events);
      this.sockets++;
      this.clock.after(5, () => {
        if (!this.isUp || this.#isHit(this.faults.lost)) peer.drop();
        else if (peer.isOpen) {
          this.#peers.add(peer);
          events.opened();
        }
      });
      return {
        send: (message) => {
          this.heard.push(message);
          this.clock.after(1 + this.random() * 5, () => this.#take(peer, message));
        },
        close: () => {
          peer.isOpen = false;
          this.#peers.delete(peer);
        },
      };
    };
  }

  /** Sends a frame to everybody. */
  tell(frame: ServerFrame): void {
    for (const peer of this.#peers) peer.send(frame);
  }

  /** Silences every open socket: nothing gets through any more, and none is closed. */
  silence(): void {
    for (const peer of this.#peers) peer.isSilent = true;
  }

  /** Closes every socket, as a restart does. */
  cut(): void {
    for (const peer of this.#peers) peer.drop();
    this.#peers.clear();
  }

  logOf(room: string): Entry[] {
    const log = this.logs.get(room);
    if (!log) throw new Error(`no room ${room}`);
    return log;
  }

  #isHit(chance: number): boolean {
    return this.random() < chance;
  }

  #take(peer: Peer, message: string): void {
    for (const line of message.split("\n")) {
      if (!peer.isOpen || peer.isSilent || !this.isUp) return;
      const frame = JSON.parse(line) as ClientFrame;
      if (this.#isHit(this.faults.silent)) peer.isSilent = true;
      if (this.#isHit(this.faults.lost)) {
        peer.drop();
        if (frame.action === "send" && this.#isHit(0.5)) this.clock.after(this.random() * 5_000, () => this.#writeLate(peer.user, frame));
        return;
      }
      const isDeath = this.#isHit(this.faults.died);
      const answers = isDeath && this.#isHit(0.5) ? [] : this.#carryOut(peer, frame);
      if (this.#isHit(this.faults.unanswered)) {
        peer.drop();
        return;
      }
      this.clock.after(1 + this.random() * 5, () => (isDeath ? [DEATH] : answers).forEach((answer) => peer.send(answer)));
    }
  }

  #carryOut(peer: Peer, frame: ClientFrame): ServerFrame[] {
    const ref = frame.ref === undefined ? {} : { ref: frame.ref };
    switch (frame.action) {
      case "join":
        peer.rooms.add(frame.room);
        return frame.cursor === undefined ? [this.#snapshot(frame.room, ref)] : this.#entries(frame.room, frame.cursor, ref);
      case "entries":
        return this.#entries(frame.room, frame.cursor, ref);
      case "heartbeat":
        return [{ type: "heads.listed", ...ref, heads: Object.keys(frame.cursors).map((room) => ({ room, ...this.#head(room) })) }];
      case "presence":
        return [{ type: "presence.listed", ...ref, room: frame.room, users: [], total: 0 }];
      case "send":
        return this.#write(peer, frame, ref);
      case "typing":
        for (const other of this.#peers) {
          if (other !== peer && other.rooms.has(frame.room)) other.send({ type: "typing.started", room: frame.room, user: peer.user, name: peer.user });
        }
        return [{ type: "ack", ...ref }];
      default:
        return [{ type: "ack", ...ref }];
    }
  }

  #head(room: string): { cursor: string; at: number; posts: number; alls: number } {
    const { cursor, at, posts, alls } = this.logOf(room).at(-1) as Entry;
    return { cursor, at, posts, alls };
  }

  #isOfThisLog(room: string, cursor: string): boolean {
    return cursor === "0" || this.logOf(room)[seqOf(cursor) - 1]?.cursor === cursor;
  }

  #reset(room: string, ref: { ref?: string }): ServerFrame[] {
    const { cursor: head } = this.#head(room);
    return [{ type: "cursor.reset", room, head }, { type: "error", ...ref, code: "stale", message: "", room, head }];
  }

  #entries(room: string, cursor: string, ref: { ref?: string }): ServerFrame[] {
    if (!this.#isOfThisLog(room, cursor)) return this.#reset(room, ref);
    const after = this.logOf(room).slice(seqOf(cursor));
    const entries = after.slice(0, PAGE);
    return [{
      type: "entries.listed", ...ref, room, entries, cursor: entries.at(-1)?.cursor ?? cursor, more: after.length > PAGE, names: {},
    }];
  }

  #snapshot(room: string, ref: { ref?: string }): ServerFrame {
    const log = this.logOf(room);
    const head = this.#head(room);
    const posts = log.filter((e): e is PostedEntry => e.kind === "posted").slice(-2);
    return {
      type: "room.joined", ...ref, room: { id: room, title: room, visibility: "public", created_at: 1, members: 2 }, role: "member",
      head, mark: { seq: 0, posts: 0, alls: 0 }, unread: { posts: head.posts, mentions: 0 }, cursor: head.cursor,
      posts, before: posts[0] ? posts[0].seq : 0, names: {},
    };
  }

  #write(peer: Peer, frame: Writing & { readonly action: "send" }, ref: { ref?: string }): ServerFrame[] {
    const { room, id, since } = frame;
    const log = this.logOf(room);
    const failed = (code: "unavailable" | "rate_limited" | "stale"): ServerFrame[] => [
      { type: "error", ...ref, code, message: "", room, retry_after_ms: 50, head: this.#head(room).cursor },
    ];
    const isUnavailable = this.#isHit(this.faults.unavailable);
    if (isUnavailable && this.#isHit(0.5)) return failed("unavailable");
    if (!this.#isOfThisLog(room, since)) return this.#reset(room, ref);
    const copy = log.slice(seqOf(since), seqOf(since) + MAX_SCAN).find((e) => e.author === peer.user && e.id === id);
    if (copy) return [{ type: "ack", ...ref, room, seq: copy.seq, existed: true }];
    if (log.length - seqOf(since) > MAX_SCAN) return failed("stale");
    if (this.#isHit(this.faults.limited)) return failed("rate_limited");
    const entry = this.append(room, peer.user, id, frame.text);
    return isUnavailable ? failed("unavailable") : [{ type: "ack", ...ref, room, seq: entry.seq, cursor: entry.cursor }];
  }

  /** A process that stalled after it had read the log now goes on and writes. */
  #writeLate(user: string, { room, id, since, text }: Writing & { readonly action: "send" }): void {
    const isThere = this.logOf(room).slice(seqOf(since)).some((e) => e.author === user && e.id === id);
    if (!isThere) this.append(room, user, id, text);
  }

  /** Writes a post and pushes it to the listeners. */
  append(room: string, author: string, id: string, text: string): Entry {
    const log = this.logOf(room);
    const seq = log.length + 1;
    const { posts } = this.#head(room);
    const entry: Entry = { seq, cursor: `${seq}.${author}-${id}`, at: this.clock.now(), author, id, kind: "posted", text, posts: posts + 1, alls: 0 };
    log.push(entry);
    for (const peer of this.#peers) {
      if (!peer.rooms.has(room) || this.#isHit(this.faults.unpushed)) continue;
      this.clock.after(1 + this.random() * 20, () => peer.send({ type: "entry.appended", room, entry }));
    }
    return entry;
  }
}
