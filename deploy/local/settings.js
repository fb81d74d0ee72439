/**
 * How to run the home on this machine. The caller passes it as JSON in the
 * environment variable MARU_LOCAL.
 *
 * @typedef {object} Settings
 * @property {string} program path of the functions' program, built for this machine
 * @property {string} dynamodb URL of DynamoDB Local
 * @property {string} page folder of the built page
 * @property {{ page: number, api: number, socket: number, control: number }} ports loopback ports
 * @property {Record<string, string>} environment added to the environment that the deployment gives to the functions
 * @property {number} instances the maximum number of processes of one function
 */

/** The only address on which anything listens. */
export const HOST = "127.0.0.1";

/**
 * @param {string | undefined} text
 * @returns {Settings}
 */
export function parseSettings(text) {
  if (!text) throw new Error("MARU_LOCAL is not set: start this home with make serverless");
  return JSON.parse(text);
}
