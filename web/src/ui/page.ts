import { signal, useComputed, type ReadonlySignal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Maru } from "../client/maru.ts";
import type { Session } from "../client/session.ts";
import { ApiError, type Api } from "../http/api.ts";
import type { AppState } from "../state/app.ts";
import { preferredLanguage, texts, type Language, type Text } from "./text.ts";

/** What every component of a signed-in page can use. */
export interface Page {
  readonly maru: Maru;
  readonly api: Api;
  readonly state: ReadonlySignal<AppState>;
  readonly session: Session;
  readonly newID: () => string;
  readonly signOut: () => void;
}

const PageContext = createContext<Page | null>(null);

export const PageProvider = PageContext.Provider;

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error("the component is used outside of a signed-in page");
  return page;
}

/** Reads one part of the state. Only a change of that part draws the component again. */
export function useSlice<K extends keyof AppState>(key: K): AppState[K] {
  const { state } = usePage();
  return useComputed(() => state.value[key]).value;
}

const LANGUAGE_KEY = "maru.language";

export const language = signal<Language>(preferredLanguage(navigator.languages));

export function loadLanguage(): void {
  const kept = localStorage.getItem(LANGUAGE_KEY);
  if (kept === "en" || kept === "ko") language.value = kept;
  document.documentElement.lang = language.value;
}

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  document.documentElement.lang = chosen;
  localStorage.setItem(LANGUAGE_KEY, chosen);
}

export function useText(): Text {
  return texts[language.value];
}

/** Describes an error for people. */
export function troubleOf(error: unknown, text: Text): string {
  if (!(error instanceof ApiError)) return text.trouble(String(error));
  return text.trouble(error.code === "unreachable" ? text.unreachable : error.message);
}
