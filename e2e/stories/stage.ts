import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, ConsoleMessage, Page } from "playwright-core";
import { texts, type Language } from "../../web/src/ui/text.ts";
import type { Home } from "./home.ts";
import { Person } from "./person.ts";

/** The browser settings of a person. */
export interface Looks {
  readonly language: Language;
  readonly device: "desk" | "phone";
  readonly scheme: "light" | "dark";
  /** The person's time zone; Asia/Seoul by default. */
  readonly zone?: string;
}

export const DESK: Looks = { language: "en", device: "desk", scheme: "light" };
export const PHONE: Looks = { language: "ko", device: "phone", scheme: "dark" };

const LOCALES = { en: "en-US", ko: "ko-KR" } as const;
const DEVICES = {
  desk: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
} as const satisfies Record<string, BrowserContextOptions>;

/** How long a story waits for anything on a page. */
const PATIENCE_MS = 30_000;
/** What Chromium logs when the network is cut, which stories do on purpose. */
const OUTAGE = /net::ERR_|WebSocket connection to .* failed/;
const EVIDENCE = fileURLToPath(new URL("../../tmp/stories/", import.meta.url));

/** The people of a story, each in a browser context of their own, and the errors in their consoles. */
export class Stage {
  readonly #contexts: BrowserContext[] = [];
  readonly #complaints: string[] = [];
  readonly #expected: RegExp[] = [OUTAGE];

  constructor(private readonly browser: Browser, private readonly home: Home) {}

  /** Opens the page in a fresh browser context and signs in. */
  async enter(name: string, looks: Looks): Promise<Person> {
    const person = await this.visitor(name, looks);
    await person.signIn();
    return person;
  }

  /** Opens the page in a fresh browser context without signing in. */
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

  /** Allows an error in the consoles of this story. */
  expectComplaint(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Errors that pages threw or logged, including violations of the Content-Security-Policy. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  async close(): Promise<void> {
    await Promise.all(this.#contexts.map((context) => context.close()));
  }

  /** Saves logs and screenshots for a failed story, and returns the folder. */
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
