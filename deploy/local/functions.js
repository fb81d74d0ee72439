/**
 * The functions of the service by name, as serverless-offline calls them: it
 * loads this file by the handler `local/functions.handlers.NAME`, in the process
 * in which the plugin has filled the table.
 *
 * @type {Record<string, (event: unknown) => Promise<unknown>>}
 */
export const handlers = {};
