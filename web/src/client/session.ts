import { ApiError, type Api } from "../http/api.ts";
import type { Bodies } from "../protocol/bodies.ts";
import type { Refusal } from "../state/app.ts";
import type { Clock } from "./clock.ts";
import type { SessionCheck } from "./connection.ts";

/** Who is signed in on this browser. */
export interface Session {
  readonly token: string;
  readonly user: string;
  readonly name: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Keeps the session between visits: localStorage, or a Map in tests. */
export interface SessionStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const KEY = "maru.session";

export function loadSession(storage: SessionStorage): Session | null {
  try {
    const held: unknown = JSON.parse(storage.getItem(KEY) ?? "null");
    return isSession(held) ? held : null;
  } catch {
    return null;
  }
}

export function saveSession(storage: SessionStorage, session: Session | null): void {
  try {
    if (session) storage.setItem(KEY, JSON.stringify(session));
    else storage.removeItem(KEY);
  } catch {
    // A browser that refuses to store asks for the name again on the next visit.
  }
}

export function sessionFrom(body: Bodies["Session"], token: string, now: number): Session {
  return {
    token: body.token ?? token, user: body.user.id, name: body.user.name, issuedAt: now, expiresAt: body.expires_at,
  };
}

/** Whether half of the token's life is over: only then does the server issue a new one. */
export function isRenewalDue(session: Session, now: number): boolean {
  return now > session.issuedAt + (session.expiresAt - session.issuedAt) / 2;
}

/** Returns the renewed session, or the same one if renewal is not due or not possible now. */
export async function renewed(api: Api, session: Session, clock: Clock): Promise<Session> {
  if (!isRenewalDue(session, clock.now())) return session;
  try {
    return sessionFrom(await api.renew(), session.token, clock.now());
  } catch {
    return session;
  }
}

/** Asks the server whether it still knows the session. */
export async function checkSession(api: Api): Promise<SessionCheck> {
  try {
    await api.session();
    return "valid";
  } catch (error) {
    return refusalOf(error) ?? "unreachable";
  }
}

/** The refusal in an answer about the user themselves, not about a room; null if there is none. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof ApiError)) return null;
  if (error.code === "unauthenticated") return "signed-out";
  return error.code === "forbidden" ? "banned" : null;
}

function isSession(held: unknown): held is Session {
  if (typeof held !== "object" || held === null) return false;
  const { token, user, name, issuedAt, expiresAt } = held as Partial<Record<keyof Session, unknown>>;
  const isText = [token, user, name].every((field) => typeof field === "string" && field !== "");
  return isText && typeof issuedAt === "number" && typeof expiresAt === "number";
}
