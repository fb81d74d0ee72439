import { chromium, type BrowserServer } from "playwright-core";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the browser of this run is reached. */
    readonly chromium: string;
  }
}

/** Debian's Chromium; MARU_CHROMIUM names another one. */
const PROGRAM = process.env["MARU_CHROMIUM"] ?? "/usr/bin/chromium";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Starts one Chromium for all stories; each opens contexts of its own in it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server: BrowserServer = await chromium.launchServer({ executablePath: PROGRAM, args: FLAGS });
  project.provide("chromium", server.wsEndpoint());
  return () => server.close();
}
