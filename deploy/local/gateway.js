import { FunctionError } from "./bootstrap.js";

/**
 * Corrects where serverless-offline differs from API Gateway: in the event that a
 * function gets, and in the answer when a function fails.
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
 * API Gateway passes a message without a route of its own to $default, and names
 * that route in the event; serverless-offline names the route it looked for.
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
 * API Gateway answers 401 when an authorizer fails with the message
 * "Unauthorized", serverless-offline when the handler returns it.
 *
 * @param {unknown} error
 */
function refuse(error) {
  if (error instanceof FunctionError && error.message === "Unauthorized") return error.message;
  throw error;
}

/**
 * Answers as an HTTP API does when a function fails; serverless-offline would
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
