import { createServer } from "node:http";

/**
 * The API through which tests control a running home, on a port of its own:
 * `GET /functions` returns the figures of each function's processes, and
 * `POST /functions/NAME/kill` kills the busy ones as a crash does.
 *
 * @param {ReadonlyMap<string, import("./pool.js").Pool>} pools
 * @returns {import("node:http").Server}
 */
export function createControl(pools) {
  return createServer((request, response) => {
    const [, name] = /^\/functions\/([^/]+)\/kill$/.exec(request.url ?? "") ?? [];
    const pool = pools.get(name ?? "");
    if (request.method === "POST" && pool) answer(response, 200, { killed: pool.killBusy() });
    else if (request.method === "GET" && request.url === "/functions") {
      answer(response, 200, Object.fromEntries([...pools].map(([key, { figures }]) => [key, figures])));
    } else answer(response, 404, { message: "GET /functions or POST /functions/NAME/kill" });
  });
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {number} status
 * @param {object} body
 */
function answer(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
