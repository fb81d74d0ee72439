import { defineConfig } from "vitest/config";

/** What MARU_STORIES may say, and what is run then. */
const CHOICES = new Map([
  ["one", "stories/twopeople.test.ts"],
  ["all", "stories/*.test.ts"],
  ["screenshot", "stories/screenshot.ts"],
]);

const choice = process.env["MARU_STORIES"] ?? "one";
const include = CHOICES.get(choice);
if (!include) throw new Error(`MARU_STORIES=${choice}: it may be ${[...CHOICES.keys()].join(", ")}`);

export default defineConfig({
  test: {
    include: [include],
    globalSetup: "stories/chromium.ts",
    // A story lasts a few seconds; the bounds are for slow machines, on which a home of many processes takes its time to start.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Files share nothing but the browser and the laptop: both are slow to start.
    isolate: false,
  },
});
