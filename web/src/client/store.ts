import { reduce, type AppEvent, type AppState } from "../state/app.ts";

/** Holds the state and notifies listeners; only the reducer changes it. */
export class Store {
  readonly #listeners = new Set<(state: AppState) => void>();

  constructor(private current: AppState) {}

  get state(): AppState {
    return this.current;
  }

  readonly dispatch = (event: AppEvent): void => {
    const next = reduce(this.current, event);
    if (next === this.current) return;
    this.current = next;
    for (const listener of this.#listeners) listener(next);
  };

  subscribe(listener: (state: AppState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
