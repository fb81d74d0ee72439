import { render } from "preact";
import type { ConfigBody } from "../protocol/bodies.ts";
import { App } from "./app.tsx";
import { loadLanguage } from "./page.ts";
import "./base.css";
import "./layout.css";
import "./timeline.css";
import "./panel.css";
import "./find.css";

/** Addresses come from beside the page, so that one build serves every home. */
async function loadConfig(): Promise<Pick<ConfigBody, "api" | "socket">> {
  const response = await fetch("config.json", { cache: "no-store", credentials: "omit" });
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  const { api = "", socket } = (await response.json()) as Partial<ConfigBody>;
  if (!socket) throw new Error("config.json names no socket");
  return { api, socket };
}

async function start(): Promise<void> {
  loadLanguage();
  const root = document.getElementById("app");
  if (!root) throw new Error("index.html has no place for the page");
  try {
    const config = await loadConfig();
    render(<App api={config.api} socket={config.socket} />, root);
  } catch (error) {
    // Without addresses there is nothing to show; the next attempt may find them.
    root.textContent = `Maru: ${String(error)}`;
    setTimeout(() => void start(), 3_000);
  }
}

void start();
