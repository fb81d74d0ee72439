/**
 * What this laptop's home is made of. Whoever starts it passes it as JSON in the
 * variable MARU_LOCAL.
 *
 * @typedef {object} Settings
 * @property {string} program path of the functions' program, built for this machine
 * @property {string} dynamodb URL of DynamoDB Local
 * @property {string} page folder of the built page
 * @property {{ page: number, api: number, socket: number, control: number }} ports loopback ports
 * @property {Record<string, string>} environment what the functions are told besides what the deployment tells them
 * @property {number} instances how many processes one function has at most
 */

/** Everything listens here, and nowhere else. */
export const HOST = "127.0.0.1";

/**
 * @param {string | undefined} text
 * @returns {Settings}
 */
export function parseSettings(text) {
  if (!text) throw new Error("MARU_LOCAL is not set: start this home with make serverless");
  return JSON.parse(text);
}
