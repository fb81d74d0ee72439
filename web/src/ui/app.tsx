import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { systemClock } from "../client/clock.ts";
import { browserBytes, newUUID } from "../client/ids.ts";
import { Maru } from "../client/maru.ts";
import { checkSession, loadSession, renewed, saveSession, sessionFrom, type Session } from "../client/session.ts";
import { BrowserTabs } from "../client/tabs.ts";
import { Api } from "../http/api.ts";
import { newState, type AppState } from "../state/app.ts";
import { Banned } from "./banned.tsx";
import { online, openSocket, openStorage, visibility } from "./browser.ts";
import { PageProvider, usePage, useSlice, type Page } from "./page.ts";
import { goTo, route } from "./route.ts";
import { Shell } from "./shell.tsx";
import { SignIn } from "./signin.tsx";

interface AppProps {
  readonly api: string;
  readonly socket: string;
}

const newID = (): string => newUUID(systemClock.now(), browserBytes);

/** The whole page: sign-in first, then the rooms. */
export function App(props: AppProps): VNode {
  const [session, setSession] = useState<Session | null>(() => loadSession(localStorage));
  const keep = (next: Session | null): void => {
    saveSession(localStorage, next);
    setSession(next);
  };
  // Another tab may have signed in or out.
  useEffect(() => {
    const onStorage = (): void => setSession(loadSession(localStorage));
    window.addEventListener("storage", onStorage);
    return () => window.removeEventListener("storage", onStorage);
  }, []);
  if (session) return <SignedIn key={session.user} {...props} session={session} keep={keep} />;
  const signIn = async (name: string): Promise<void> => {
    const body = await apiOf(props, () => "").signIn(name);
    keep(sessionFrom(body, "", Date.now()));
  };
  const redeem = async (code: string): Promise<void> => {
    const body = await apiOf(props, () => "").redeemLink(code);
    if (route.value.device) goTo(null);
    keep(sessionFrom(body, "", Date.now()));
  };
  return <SignIn signIn={signIn} redeem={redeem} />;
}

interface SignedInProps extends AppProps {
  readonly session: Session;
  readonly keep: (session: Session | null) => void;
}

function SignedIn({ api: base, socket, session, keep }: SignedInProps): VNode | null {
  const [page, setPage] = useState<Page | null>(null);
  // The token may be renewed while the page is open, so it is looked up for each use.
  const held = useMemo(() => ({ session }), []);
  held.session = session;
  useEffect(() => {
    const api = apiOf({ api: base, socket }, () => held.session.token);
    let isGone = false;
    let maru: Maru | null = null;
    const renew = async (): Promise<void> => {
      const next = await renewed(api, held.session, systemClock);
      if (!isGone && next !== held.session) keep(next);
    };
    const timer = setInterval(() => void renew(), RENEWAL_CHECK_MS);
    void (async () => {
      await renew();
      const storage = await openStorage(session.user);
      if (isGone) return;
      maru = new Maru({
        api, self: session.user, storage, tabs: new BrowserTabs(session.user),
        openSocket, clock: systemClock, random: Math.random, online, visibility, newID,
        socketURL: socketURLOf(socket), token: () => held.session.token, checkSession: () => checkSession(api),
      });
      const state = signal<AppState>(newState(session.user));
      maru.store.subscribe((next) => {
        state.value = next;
        if (next.connection === "signed-out") keep(null);
      });
      setPage({ maru, api, state, session, newID, signOut: () => void storage.clear().finally(() => keep(null)) });
      await maru.start();
    })();
    return () => {
      isGone = true;
      clearInterval(timer);
      maru?.stop();
    };
  }, [session.user]);
  if (!page) return null;
  return (
    <PageProvider value={page}>
      <Inside />
    </PageProvider>
  );
}

/** What a signed-in user sees, unless they were banned. */
function Inside(): VNode {
  const { signOut } = usePage();
  return useSlice("connection") === "banned" ? <Banned signOut={signOut} /> : <Shell />;
}

const RENEWAL_CHECK_MS = 6 * 60 * 60_000;

function apiOf(config: AppProps, token: () => string): Api {
  const base = config.api === "" ? "." : config.api;
  return new Api((url, init) => fetch(url, init), base, token);
}

function socketURLOf(socket: string): string {
  const url = new URL(socket, location.href);
  url.protocol = url.protocol.replace(/^http/, "ws");
  return url.href;
}
