import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, ConsoleMessage, Page } from "playwright-core";
import { texts, type Language } from "../../web/src/ui/text.ts";
import type { Home } from "./home.ts";
import { Person } from "./person.ts";

/** What a person looks at the page with. */
export interface Looks {
  readonly language: Language;
  readonly device: "desk" | "phone";
  readonly scheme: "light" | "dark";
  /** Where the person is, by the clock; Seoul unless said. */
  readonly zone?: string;
}

export const DESK: Looks = { language: "en", device: "desk", scheme: "light" };
export const PHONE: Looks = { language: "ko", device: "phone", scheme: "dark" };

const LOCALES = { en: "en-US", ko: "ko-KR" } as const;
const DEVICES = {
  desk: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
} as const satisfies Record<string, BrowserContextOptions>;

/** How long a page may take for anything that a story waits for. */
const PATIENCE_MS = 30_000;
/** What Chromium itself says of a network that is cut, which stories do on purpose. */
const OUTAGE = /net::ERR_|WebSocket connection to .* failed/;
const EVIDENCE = fileURLToPath(new URL("../../tmp/stories/", import.meta.url));

/** Where a story is told: people, each in a browser of their own, and what their consoles complain of. */
export class Stage {
  readonly #contexts: BrowserContext[] = [];
  readonly #complaints: string[] = [];
  readonly #expected: RegExp[] = [OUTAGE];

  constructor(private readonly browser: Browser, private readonly home: Home) {}

  /** Somebody opens the page in a fresh browser, and signs in. */
  async enter(name: string, looks: Looks): Promise<Person> {
    const person = await this.visitor(name, looks);
    await person.signIn();
    return person;
  }

  /** Somebody opens the page in a fresh browser, and is not signed in. */
  async visitor(name: string, { language, device, scheme, zone = "Asia/Seoul" }: Looks): Promise<Person> {
    const context = await this.browser.newContext({
      locale: LOCALES[language], colorScheme: scheme, timezoneId: zone, baseURL: this.home.baseURL,
      reducedMotion: "reduce", ...DEVICES[device],
    });
    context.setDefaultTimeout(PATIENCE_MS);
    context.on("console", (message) => this.#listen(name, message));
    context.on("weberror", (error) => this.#complaints.push(`${name}: ${error.error().stack ?? error.error().message}`));
    this.#contexts.push(context);
    const page = await context.newPage();
    await page.goto("/");
    return new Person(name, page, texts[language], device === "phone");
  }

  /** What consoles may say in this story though it is an error elsewhere. */
  expectComplaint(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Errors that pages had or wrote, refusals by the content policy among them. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  async close(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
  }

  /** Keeps what helps to understand a failure, and says where. */
  async keepEvidence(story: string): Promise<string> {
    const folder = join(EVIDENCE, story.replaceAll(/[^\p{L}\p{N}]+/gu, "-"));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "maru.log"), this.home.output());
    writeFileSync(join(folder, "console.log"), this.#complaints.join("\n"));
    const pages: Page[] = this.#contexts.flatMap((context) => context.pages());
    await Promise.all(pages.map((page, i) => page.screenshot({ path: join(folder, `page-${i + 1}.png`) })));
    return folder;
  }

  #listen(name: string, message: ConsoleMessage): void {
    const isError = message.type() === "error" || message.text().includes("Content Security Policy");
    if (isError && !this.#expected.some((pattern) => pattern.test(message.text()))) {
      this.#complaints.push(`${name}: ${message.text()}`);
    }
  }
}
