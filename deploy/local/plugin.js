import { once } from "node:events";
import { Addresses } from "./addresses.js";
import { createControl } from "./control.js";
import { DynamoDB } from "./dynamodb.js";
import { handlers } from "./functions.js";
import { behindGateway } from "./gateway.js";
import { createPage } from "./page.js";
import { Pool } from "./pool.js";
import { HOST, parseSettings } from "./settings.js";
import { Stream } from "./stream.js";

/**
 * Runs the service together with serverless-offline, which emulates API Gateway:
 * every function is the real program behind the Runtime API, the table and its
 * stream are DynamoDB Local's, and the page is served as CloudFront does.
 */
export default class LocalHome {
  #service;
  #settings = parseSettings(process.env["MARU_LOCAL"]);
  /** @type {Map<string, Pool>} */
  #pools = new Map();
  /** @type {import("node:http").Server[]} */
  #servers = [];
  #stopping = new AbortController();
  /** @type {Promise<void>[]} */
  #streams = [];
  #table;
  #addresses;

  /** @param {{ service: any }} serverless */
  constructor({ service }) {
    this.#service = service;
    this.#table = `${service.service}-${service.provider.stage}`;
    this.#addresses = new Addresses(this.#settings.ports, service.provider.stage, this.#table);
    this.hooks = {
      "before:offline:start:init": () => this.#replaceFunctions(),
      "after:offline:start:init": () => this.#startTheRest(),
      "before:offline:start:end": () => this.#stop(),
    };
  }

  /** @returns {Record<string, any>} */
  get #resources() {
    return [this.#service.resources].flat().reduce((all, part) => ({ ...all, ...part?.Resources }), {});
  }

  /** Replaces each function by a handler in this process that invokes the real program. */
  #replaceFunctions() {
    // serverless-offline would unpack the zip for each of its own processes.
    delete this.#service.package.artifact;
    for (const [name, definition] of Object.entries(this.#service.functions)) {
      const pool = new Pool(
        {
          name, program: this.#settings.program, environment: this.#environment(name, definition),
          timeoutMs: definition.timeout * 1000, log: (text) => process.stdout.write(`[${name}] ${text}`),
        },
        this.#settings.instances,
      );
      this.#pools.set(name, pool);
      handlers[name] = behindGateway(definition, (event) => this.#invoke(pool, event));
      Object.assign(definition, { runtime: "nodejs20.x", handler: `local/functions.handlers.${name}`, package: {} });
    }
  }

  /**
   * While the home stops, callers that still wait get no answer, and are cut off
   * when it exits: an error would say that the function had failed.
   *
   * @param {Pool} pool
   * @param {unknown} event
   */
  async #invoke(pool, event) {
    try {
      return await pool.invoke(event);
    } catch (error) {
      if (this.#stopping.signal.aborted) await new Promise(() => {});
      throw error;
    }
  }

  /**
   * The function's environment as Lambda and the template set it, with local addresses.
   *
   * @param {string} name
   * @param {{ name: string, handler: string, memorySize: number, environment?: object }} definition
   * @returns {Record<string, string>}
   */
  #environment(name, definition) {
    const { provider } = this.#service;
    const told = Object.entries({ ...provider.environment, ...definition.environment });
    return {
      PATH: process.env["PATH"] ?? "",
      TZ: ":UTC",
      _HANDLER: definition.handler,
      AWS_REGION: provider.region,
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_LAMBDA_FUNCTION_NAME: definition.name ?? name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memorySize),
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      ...Object.fromEntries(told.map(([key, value]) => [key, this.#addresses.resolve(value)])),
      ...this.#settings.environment,
    };
  }

  async #startTheRest() {
    const { ports, page } = this.#settings;
    const dynamodb = new DynamoDB(this.#settings.dynamodb);
    const arn = await dynamodb.ensureTable(this.#table, this.#resources["Table"].Properties);
    for (const [name, definition] of Object.entries(this.#service.functions)) {
      for (const { stream: mapping } of definition.events ?? []) {
        if (mapping) this.#follow(name, dynamodb, arn, mapping);
      }
    }
    const server = createPage({ folder: page, resources: this.#resources, addresses: this.#addresses, apiPort: ports.api });
    await this.#listen(server, ports.page);
    if (ports.control) await this.#listen(createControl(this.#pools), ports.control);
  }

  /** @param {string} name @param {DynamoDB} dynamodb @param {string} arn @param {import("./stream.js").Mapping} mapping */
  #follow(name, dynamodb, arn, mapping) {
    const log = (/** @type {string} */ line) => process.stdout.write(`[${name}] ${line}`);
    const invoke = (/** @type {unknown} */ event) => /** @type {Pool} */ (this.#pools.get(name)).invoke(event);
    this.#streams.push(new Stream({ dynamodb, arn, mapping, invoke, log }).run(this.#stopping.signal));
  }

  /** @param {import("node:http").Server} server @param {number} port */
  async #listen(server, port) {
    server.listen(port, HOST);
    await once(server, "listening");
    this.#servers.push(server);
  }

  /**
   * Stops everything at once, open sockets included: serverless-offline would
   * wait for them to close.
   */
  async #stop() {
    this.#stopping.abort();
    for (const server of this.#servers) server.close().closeAllConnections();
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    await Promise.all(this.#streams);
    process.exit(0);
  }
}
