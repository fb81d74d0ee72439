/**
 * The handlers of the service's functions by name. serverless-offline loads this
 * file for the handler `local/functions.handlers.NAME`, in the same process in
 * which the plugin has filled in the handlers.
 *
 * @type {Record<string, (event: unknown) => Promise<unknown>>}
 */
export const handlers = {};
