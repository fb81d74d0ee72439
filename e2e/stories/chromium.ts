import { accessSync, constants } from "node:fs";
import { delimiter, resolve } from "node:path";
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The endpoint of this run's browser; null when there is none and stories are skipped. */
    readonly chromium: string | null;
  }
}

/** Debian's Chromium; MARU_CHROMIUM is the path of another one, or its name in PATH, as in tools/setup.sh. */
const PROGRAM = process.env["MARU_CHROMIUM"] || "chromium";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Starts one Chromium for all stories; each story opens its own contexts in it. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const executablePath = find(PROGRAM);
  if (executablePath === null) {
    const missing = `Chromium is missing (${PROGRAM}): install chromium (Debian's name), or name another one in MARU_CHROMIUM`;
    if (process.env["CI"]) throw new Error(missing);
    console.error(`the browser stories are LEFT OUT: ${missing}`);
    project.provide("chromium", null);
    return undefined;
  }
  const server = await chromium.launchServer({ executablePath, args: FLAGS });
  project.provide("chromium", server.wsEndpoint());
  return () => server.close();
}

function find(program: string): string | null {
  const folders = program.includes("/") ? ["."] : (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => resolve(folder, program)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
