import { chromium, type Browser } from "playwright-core";
import { inject, test } from "vitest";
import type { Home } from "./home.ts";
import { ResidentHome } from "./resident.ts";
import { ServerlessHome, type Ends } from "./serverless.ts";
import { Stage } from "./stage.ts";

let browser: Promise<Browser> | null = null;

/** The homes that stories can run against; MARU_HOME names the one of this run. */
const HOMES = { resident: ResidentHome, serverless: ServerlessHome };

async function openHome(ends: Ends): Promise<ResidentHome | ServerlessHome> {
  const name = process.env["MARU_HOME"] ?? "resident";
  if (!(name in HOMES)) throw new Error(`MARU_HOME=${name}: it may be ${Object.keys(HOMES).join(", ")}`);
  return HOMES[name as keyof typeof HOMES].open(ends);
}

interface Fixtures {
  /** When the gateway of the serverless home closes connections. The resident home closes none. */
  readonly ends: Ends;
  readonly home: Home;
  readonly stage: Stage;
}

const chromiumAt = inject("chromium");

/** A test with a home and a stage of its own. It fails when a page's console reports an error, and is skipped when there is no browser. */
export const story = test.extend<Fixtures>({
  ends: {},
  home: async ({ ends, skip }, use) => {
    if (chromiumAt === null) skip("Chromium is missing");
    const home = await openHome(ends);
    await use(home);
    await home.close();
  },
  stage: async ({ home, task }, use) => {
    browser ??= chromium.connect(chromiumAt ?? "");
    const stage = new Stage(await browser, home);
    await use(stage);
    const { complaints } = stage;
    if (task.result?.state === "fail" || complaints.length > 0) {
      const folder = await stage.keepEvidence(task.name);
      console.error(`${task.name}: screenshots and logs are in ${folder}`);
    }
    await stage.close();
    if (complaints.length > 0) throw new Error(`the console complains:\n${complaints.join("\n")}`);
  },
});
