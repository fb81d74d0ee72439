import type { Bodies } from "../protocol/bodies.ts";
import type { Code, Role } from "../protocol/frames.ts";

/** Why a request failed: the server's code, or "unreachable". */
export type Failure = Code | "unreachable";

export class ApiError extends Error {
  constructor(readonly code: Failure, message: string, readonly retryAfterMS: number) {
    super(message);
    this.name = "ApiError";
  }
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The HTTP API, for everything that is not live. Every failure is an ApiError. */
export class Api {
  constructor(
    private readonly fetch: Fetch,
    private readonly base: string,
    private readonly token: () => string,
  ) {}

  signIn(name: string): Promise<Bodies["Session"]> {
    return this.#call("POST", "/session", { name }, null);
  }

  /** Returns a new token once half of the life of the old one is over. */
  renew(): Promise<Bodies["Session"]> {
    return this.#call("POST", "/session");
  }

  session(): Promise<Bodies["Session"]> {
    return this.#call("GET", "/session");
  }

  myRooms(): Promise<Bodies["RoomList"]> {
    return this.#call("GET", "/rooms");
  }

  publicRooms(after: string): Promise<Bodies["RoomList"]> {
    return this.#call("GET", `/rooms/public${query({ after })}`);
  }

  createRoom(room: string, id: string, title: string, visibility: "public" | "private"): Promise<Bodies["Ack"]> {
    return this.#call("POST", "/rooms", { room, id, title, visibility });
  }

  openDirect(user: string): Promise<Bodies["Ack"]> {
    return this.#call("POST", "/direct", { user });
  }

  join(room: string): Promise<Bodies["Ack"]> {
    return this.#call("POST", `/rooms/${encodeURIComponent(room)}/join`, {});
  }

  leave(room: string): Promise<Bodies["Ack"]> {
    return this.#call("POST", `/rooms/${encodeURIComponent(room)}/leave`, {});
  }

  invite(room: string): Promise<Bodies["Invite"]> {
    return this.#call("POST", `/rooms/${encodeURIComponent(room)}/invites`, {});
  }

  previewInvite(secret: string): Promise<Bodies["InvitePreview"]> {
    return this.#call("POST", "/invites/preview", { secret });
  }

  acceptInvite(secret: string): Promise<Bodies["Ack"]> {
    return this.#call("POST", "/invites/accept", { secret });
  }

  revokeInvite(secret: string): Promise<Bodies["Nothing"]> {
    return this.#call("POST", "/invites/revoke", { secret });
  }

  /** Makes a code that signs the same user in on another device, once. */
  linkDevice(): Promise<Bodies["Code"]> {
    return this.#call("POST", "/session/link", {});
  }

  redeemLink(code: string): Promise<Bodies["Session"]> {
    return this.#call("POST", "/session/redeem", { code }, null);
  }

  /** Makes the caller the operator, by the secret that was printed at the first start. */
  claimOperator(code: string): Promise<Bodies["User"]> {
    return this.#call("POST", "/operator", { code });
  }

  members(room: string, after: string): Promise<Bodies["MemberList"]> {
    return this.#call("GET", `/rooms/${encodeURIComponent(room)}/members${query({ after, limit: "1000" })}`);
  }

  /** The newest posts before the seq, or before the end where it is 0. */
  history(room: string, before: number, limit = 50): Promise<Bodies["HistoryPage"]> {
    const from = before > 0 ? { before: String(before) } : {};
    return this.#call("GET", `/rooms/${encodeURIComponent(room)}/posts${query({ ...from, limit: String(limit) })}`);
  }

  changeSettings(room: string, title: string, visibility: "public" | "private"): Promise<Bodies["Ack"]> {
    return this.#call("PATCH", `/rooms/${encodeURIComponent(room)}`, { title, visibility });
  }

  setRole(room: string, user: string, role: Role): Promise<Bodies["Ack"]> {
    return this.#call("PUT", memberPath(room, user), { role });
  }

  removeMember(room: string, user: string): Promise<Bodies["Ack"]> {
    return this.#call("DELETE", memberPath(room, user));
  }

  /** Posts with all of the words, newest first, in one room or, where it is "", in all of one's own. */
  search(words: string, room: string, before: string): Promise<Bodies["Found"]> {
    return this.#call("GET", `/search${query({ q: words, room, before })}`);
  }

  async #call<T>(method: string, path: string, body?: unknown, token: string | null = this.token()): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (token !== null) headers["Authorization"] = `Bearer ${token}`;
    const init: RequestInit = { method, headers, credentials: "omit", cache: "no-store" };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const response = await this.#reach(path, init);
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw problemFrom(response, answer);
    if (answer === null) throw new ApiError("internal", "the answer is not JSON", 0);
    return answer as T;
  }

  async #reach(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetch(this.base + path, init);
    } catch {
      throw new ApiError("unreachable", "the server cannot be reached", 0);
    }
  }
}

function memberPath(room: string, user: string): string {
  return `/rooms/${encodeURIComponent(room)}/members/${encodeURIComponent(user)}`;
}

function query(fields: Readonly<Record<string, string>>): string {
  const filled = Object.entries(fields).filter(([, value]) => value !== "");
  return filled.length === 0 ? "" : `?${new URLSearchParams(filled)}`;
}

/** Reads a problem (RFC 9457) with its code; anything else was sent by a proxy in between. */
function problemFrom(response: Response, answer: unknown): ApiError {
  const problem = (typeof answer === "object" && answer !== null ? answer : {}) as Partial<Bodies["Problem"]>;
  const code = problem.code ?? (response.status >= 500 ? "unavailable" : "invalid");
  return new ApiError(code, problem.detail ?? response.statusText, problem.retry_after_ms ?? 0);
}
