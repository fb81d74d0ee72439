import { HOST } from "./settings.js";

/**
 * Replaces the addresses that CloudFormation would fill in by those of this
 * machine, in the functions' environment and the page's headers. It knows the
 * forms that serverless.yml uses and refuses all others.
 */
export class Addresses {
  /** @type {[deployed: string, local: string][]} */
  #parts;
  #table;

  /**
   * @param {{ page: number, api: number, socket: number }} ports
   * @param {string} stage
   * @param {string} table name of the table
   */
  constructor(ports, stage, table) {
    const api = (/** @type {string} */ id) => `\${${id}}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}`;
    const socket = `${HOST}:${ports.socket}`;
    this.#table = table;
    this.#parts = [
      [`wss://${api("WebsocketsApi")}/${stage}`, `ws://${socket}`],
      [`wss://${api("WebsocketsApi")}`, `ws://${socket}`],
      [`https://${api("WebsocketsApi")}/${stage}`, `http://${socket}`],
      [`https://${api("HttpApi")}`, `http://${HOST}:${ports.api}`],
      ["https://${Page.DomainName}", `http://${HOST}:${ports.page}`],
    ];
  }

  /**
   * @param {unknown} value a string, number or boolean, a !Sub, or a !Ref to the table
   * @returns {string}
   */
  resolve(value) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
    const { Ref: ref, "Fn::Sub": sub } = /** @type {{ Ref?: unknown, "Fn::Sub"?: unknown }} */ (value ?? {});
    if (ref === "Table") return this.#table;
    if (typeof sub === "string") {
      const text = this.#parts.reduce((rest, [deployed, local]) => rest.replaceAll(deployed, local), sub);
      if (!text.includes("${")) return text;
    }
    throw new Error(`nothing here stands for ${JSON.stringify(value)}: teach local/addresses.js`);
  }
}
