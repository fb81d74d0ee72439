import type { Language, Text } from "./text.ts";

/** The time of day: 2:05 PM, or 오후 2:05. */
export function timeOf(at: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(at);
}

/** The same without its half of the day, under a time that says it: 14:05, or 2:05. */
export function clockOf(at: number, language: Language): string {
  const parts = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).formatToParts(at);
  return parts.filter(({ type }) => type !== "dayPeriod").map(({ value }) => value).join("").trim();
}

/** The day in words, near days by name. */
export function dayOf(at: number, now: number, language: Language, text: Text): string {
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0) return text.today;
  if (days === 1) return text.yesterday;
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  return new Intl.DateTimeFormat(language, { ...year, month: "long", day: "numeric", weekday: "long" }).format(at);
}

/** The whole moment, for titles and screen readers. */
export function momentOf(at: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(at);
}

export function isSameDay(a: number, b: number): boolean {
  return midnight(a) === midnight(b);
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
