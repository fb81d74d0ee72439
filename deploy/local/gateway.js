import { FunctionError } from "./bootstrap.js";

/**
 * Puts right what serverless-offline does otherwise than API Gateway: what it
 * tells a function, and what becomes of one that fails.
 *
 * @param {{ events?: { httpApi?: unknown, websocket?: unknown }[] }} definition of the function
 * @param {(event: unknown) => Promise<unknown>} invoke
 * @returns {(event: unknown) => Promise<unknown>}
 */
export function behindGateway({ events = [] }, invoke) {
  const isHTTP = events.some(({ httpApi }) => httpApi !== undefined);
  const routes = new Set(events.map(({ websocket }) => /** @type {{ route?: string } | undefined} */ (websocket)?.route));
  return async (event) => {
    try {
      return await invoke(routed(event, routes));
    } catch (error) {
      return isHTTP ? apologize(error) : refuse(error);
    }
  };
}

/**
 * An event of a route that the API does not have goes to $default by that name;
 * serverless-offline sends it there by its own.
 *
 * @param {any} event
 * @param {ReadonlySet<string | undefined>} routes
 */
function routed(event, routes) {
  const context = event?.requestContext;
  if (context?.eventType !== "MESSAGE" || routes.has(context.routeKey)) return event;
  return { ...event, requestContext: { ...context, routeKey: "$default" } };
}

/**
 * API Gateway answers 401 where an authorizer fails with this one word, and
 * serverless-offline where it returns it.
 *
 * @param {unknown} error
 */
function refuse(error) {
  if (error instanceof FunctionError && error.message === "Unauthorized") return error.message;
  throw error;
}

/**
 * What an HTTP API answers for a function that failed; serverless-offline would
 * answer 200 with the error.
 *
 * @param {unknown} error
 */
function apologize(error) {
  const isLate = error instanceof FunctionError && error.name === "Sandbox.Timedout";
  const [statusCode, message] = isLate ? [503, "Service Unavailable"] : [500, "Internal Server Error"];
  process.stdout.write(`a request failed: ${error}\n`);
  return { statusCode, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ message }) };
}
