import { readFile } from "node:fs/promises";
import { createServer, request as ask } from "node:http";
import { extname, join, normalize } from "node:path";
import { HOST } from "./settings.js";

const TYPES = new Map([
  [".html", "text/html; charset=utf-8"], [".js", "text/javascript"], [".css", "text/css"], [".svg", "image/svg+xml"],
  [".json", "application/json"], [".woff2", "font/woff2"], [".png", "image/png"], [".webmanifest", "application/manifest+json"],
]);

/**
 * @typedef {object} PageOptions
 * @property {string} folder of the built page
 * @property {Record<string, any>} resources of the template: Page and PageHeaders are used
 * @property {import("./addresses.js").Addresses} addresses
 * @property {number} apiPort
 */

/**
 * Serves the page as CloudFront does by the template: behaviours by path, files
 * with the headers of the response policy, and 403 for a missing file, as a
 * bucket answers that CloudFront may not list.
 *
 * @param {PageOptions} options
 * @returns {import("node:http").Server}
 */
export function createPage({ folder, resources, addresses, apiPort }) {
  const { CacheBehaviors: behaviors, DefaultRootObject: index } = resources.Page.Properties.DistributionConfig;
  const headers = pageHeaders(resources.PageHeaders.Properties.ResponseHeadersPolicyConfig, addresses);
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://page");
    const behavior = behaviors.find((/** @type {{ PathPattern: string }} */ { PathPattern: pattern }) => pattern === pathname);
    if (behavior?.TargetOriginId === "api") forward(request, response, apiPort);
    else void sendFile(request, response, join(folder, normalize(pathname === "/" ? `/${index}` : pathname)), headers);
  });
}

/**
 * @param {Record<string, any>} policy
 * @param {import("./addresses.js").Addresses} addresses
 * @returns {Record<string, string>}
 */
export function pageHeaders(policy, addresses) {
  const { ContentSecurityPolicy: content, ReferrerPolicy: referrer, StrictTransportSecurity: transport } = policy.SecurityHeadersConfig;
  /** @type {Record<string, string>} */
  const headers = {
    "Content-Security-Policy": addresses.resolve(content.ContentSecurityPolicy),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": referrer.ReferrerPolicy,
    "Strict-Transport-Security": `max-age=${transport.AccessControlMaxAgeSec}`,
  };
  for (const { Header: name, Value: value } of policy.CustomHeadersConfig.Items) headers[name] = value;
  return headers;
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {number} port
 */
function forward(request, response, port) {
  const { host: _, connection: __, ...headers } = request.headers;
  const out = ask({ host: HOST, port, path: request.url, method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  out.once("error", () => response.writeHead(502).end());
  request.pipe(out);
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {string} file
 * @param {Record<string, string>} headers
 */
async function sendFile(request, response, file, headers) {
  const isRead = request.method === "GET" || request.method === "HEAD";
  const content = isRead ? await readFile(file).catch(() => null) : null;
  if (content === null) {
    response.writeHead(403, { ...headers, "Content-Type": "application/xml" }).end("<Error><Code>AccessDenied</Code></Error>");
    return;
  }
  const type = TYPES.get(extname(file)) ?? "application/octet-stream";
  response.writeHead(200, { ...headers, "Content-Type": type, "Cache-Control": "no-cache", "Content-Length": content.length });
  response.end(request.method === "HEAD" ? undefined : content);
}
