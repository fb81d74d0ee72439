import type { Language, Text } from "./text.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

/** Returns a cached format: making one is slow, and there are thousands of messages. */
function format(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${Object.entries(options).join()}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, known);
  return known;
}

const TIME = { hour: "numeric", minute: "2-digit" } as const;

/** The time of day: 2:05 PM, or 오후 2:05. */
export function timeOf(at: number, language: Language): string {
  return format(language, TIME).format(at);
}

/** The same without AM or PM, below a time that has it: 2:05. */
export function clockOf(at: number, language: Language): string {
  const parts = format(language, TIME).formatToParts(at);
  return parts.filter(({ type }) => type !== "dayPeriod").map(({ value }) => value).join("").trim();
}

/** The day in words; today and yesterday by name. */
export function dayOf(at: number, now: number, language: Language, text: Text): string {
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0) return text.today;
  if (days === 1) return text.yesterday;
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  return format(language, { ...year, month: "long", day: "numeric", weekday: "long" }).format(at);
}

/** The full date and time, for titles and screen readers. */
export function momentOf(at: number, language: Language): string {
  return format(language, { dateStyle: "long", timeStyle: "short" }).format(at);
}

export function isSameDay(a: number, b: number): boolean {
  return midnight(a) === midnight(b);
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
