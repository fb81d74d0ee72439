import { Bootstrap } from "./bootstrap.js";

/**
 * The processes of one function. An event that finds none idle starts another
 * one, up to a bound; beyond the bound, events wait. A process that has ended is
 * not used again.
 */
export class Pool {
  #options;
  #bound;
  /** @type {Set<Bootstrap>} */
  #all = new Set();
  /** @type {Bootstrap[]} the one that answered most recently is last */
  #idle = [];
  /** @type {(() => void)[]} */
  #waiting = [];
  #starts = 0;
  #crashes = 0;
  #isClosed = false;

  /**
   * @param {import("./bootstrap.js").FunctionOptions} options
   * @param {number} bound the maximum number of processes
   */
  constructor(options, bound) {
    this.#options = options;
    this.#bound = bound;
  }

  /** Figures for tests. */
  get figures() {
    return { processes: this.#all.size, busy: this.#busy.length, starts: this.#starts, crashes: this.#crashes };
  }

  get #busy() {
    return [...this.#all].filter((bootstrap) => !this.#idle.includes(bootstrap));
  }

  /**
   * @param {unknown} event
   * @returns {Promise<unknown>} the function's answer, or its FunctionError
   */
  async invoke(event) {
    const bootstrap = await this.#take();
    try {
      return await bootstrap.invoke(event);
    } finally {
      if (!bootstrap.isOver) this.#idle.push(bootstrap);
      this.#waiting.shift()?.();
    }
  }

  /** Kills every busy process and returns how many those were. */
  killBusy() {
    const busy = this.#busy;
    for (const bootstrap of busy) bootstrap.kill();
    return busy.length;
  }

  /** Ends every process; resolves when they are gone. */
  async close() {
    this.#isClosed = true;
    const all = [...this.#all];
    for (const bootstrap of all) bootstrap.kill();
    await Promise.all(all.map((bootstrap) => bootstrap.ended));
  }

  /** @returns {Promise<Bootstrap>} */
  async #take() {
    for (;;) {
      if (this.#isClosed) throw new Error(`${this.#options.name} is closed`);
      const idle = this.#idle.pop();
      if (idle && !idle.isOver) return idle;
      if (idle) continue;
      if (this.#all.size < this.#bound) return this.#start();
      await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    }
  }

  async #start() {
    const bootstrap = new Bootstrap(this.#options);
    this.#all.add(bootstrap);
    this.#starts += 1;
    void bootstrap.ended.then(() => {
      this.#all.delete(bootstrap);
      this.#idle = this.#idle.filter((other) => other !== bootstrap);
      if (!this.#isClosed) this.#crashes += 1;
      this.#waiting.shift()?.();
    });
    await bootstrap.start();
    return bootstrap;
  }
}
