import { defineConfig } from "vite";

// The page is plain files under one folder: Go embeds web/dist, and a static
// host can serve it. Addresses come from /config.json when the page starts.
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    reportCompressedSize: true,
    // The Content-Security-Policy allows no inline script or data: module.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // The page asks beside itself; the socket's address comes from config.json.
    proxy: Object.fromEntries(
      ["/config.json", "/session", "/rooms", "/direct", "/invites", "/search", "/mentions", "/operator"].map((path) => [
        path,
        "http://localhost:8080",
      ]),
    ),
  },
});
