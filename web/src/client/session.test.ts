import { describe, expect, it } from "vitest";
import { Api, ApiError, type Fetch } from "../http/api.ts";
import { checkSession, loadSession, renewed, saveSession, type Session } from "./session.ts";
import { TestClock } from "./testclock.ts";

const DAY = 24 * 60 * 60_000;

function sessionAt(now: number): Session {
  return { token: "old", user: "u", name: "Ann", issuedAt: now, expiresAt: now + 90 * DAY };
}

function answering(status: number, body: unknown) {
  const asked: { url: string; init: RequestInit }[] = [];
  const fetch: Fetch = async (url, init) => {
    asked.push({ url, init });
    return new Response(JSON.stringify(body), { status });
  };
  return { api: new Api(fetch, "", () => "old"), asked };
}

const unreachable = new Api(() => Promise.reject(new TypeError("no network")), "", () => "old");

describe("a session", () => {
  it("is kept between visits", () => {
    const held = new Map<string, string>();
    const storage = {
      getItem: (key: string) => held.get(key) ?? null,
      setItem: (key: string, value: string) => void held.set(key, value),
      removeItem: (key: string) => void held.delete(key),
    };
    expect(loadSession(storage)).toBeNull();
    saveSession(storage, sessionAt(1));
    expect(loadSession(storage)).toEqual(sessionAt(1));
    saveSession(storage, null);
    expect(loadSession(storage)).toBeNull();
  });

  it.each(["{", "null", "[]", '{"token":"t"}', '{"token":1,"user":"u","name":"n","issuedAt":1,"expiresAt":2}'])(
    "is not loaded from %s",
    (kept) => {
      expect(loadSession({ getItem: () => kept, setItem: () => undefined, removeItem: () => undefined })).toBeNull();
    },
  );

  it("is renewed over HTTP once half of its life is gone, and not before", async () => {
    const clock = new TestClock();
    const session = sessionAt(clock.now());
    const { api, asked } = answering(200, { token: "new", expires_at: clock.now() + 135 * DAY, user: { id: "u", name: "Ann" } });
    await clock.advance(44 * DAY);
    expect(await renewed(api, session, clock)).toBe(session);
    await clock.advance(2 * DAY);
    expect((await renewed(api, session, clock)).token).toBe("new");
    expect(asked.map(({ url, init }) => `${init.method} ${url}`)).toEqual(["POST /session"]);
    expect(asked[0]?.url).not.toContain("old");
    expect(new Headers(asked[0]?.init.headers).get("Authorization")).toBe("Bearer old");
  });

  it("stays as it is while it cannot be renewed", async () => {
    const clock = new TestClock();
    const session = sessionAt(clock.now() - 80 * DAY);
    expect(await renewed(unreachable, session, clock)).toBe(session);
  });

  it("is refused only if the server says so, and distinguishes a ban", async () => {
    const problem = (code: string) => ({ code, detail: "", status: 0 });
    expect(await checkSession(answering(200, {}).api)).toBe("valid");
    expect(await checkSession(answering(401, problem("unauthenticated")).api)).toBe("signed-out");
    expect(await checkSession(answering(403, problem("forbidden")).api)).toBe("banned");
    expect(await checkSession(answering(503, problem("unavailable")).api)).toBe("unreachable");
    expect(await checkSession(answering(502, "<html>").api)).toBe("unreachable");
    expect(await checkSession(answering(403, "<html>").api)).toBe("unreachable");
    expect(await checkSession(unreachable)).toBe("unreachable");
  });
});

describe("Api", () => {
  it("reports failures with the server's code", async () => {
    const { api } = answering(429, { code: "rate_limited", detail: "too many", retry_after_ms: 1500 });
    const failure = await api.signIn("Ann").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ code: "rate_limited", message: "too many", retryAfterMS: 1500 });
  });

  it("escapes ids and words in addresses", async () => {
    const { api, asked } = answering(200, {});
    await api.history("a/../b?c", 0);
    await api.publicRooms("점심 & 저녁");
    expect(asked.map(({ url }) => url)).toEqual(["/rooms/a%2F..%2Fb%3Fc/posts?limit=50", `/rooms/public?${new URLSearchParams({ after: "점심 & 저녁" })}`]);
  });
});
