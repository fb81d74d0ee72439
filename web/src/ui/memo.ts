import { Component, createElement, type ComponentChild, type FunctionComponent, type VNode } from "preact";

type Draw<P> = (props: P) => VNode | null;

/** Makes a component that is drawn again only when it would look different: by default, when a property changed. */
export function memo<P extends object>(draw: Draw<P>, looksAlike: (before: P, now: P) => boolean = areSame): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(now: P): boolean {
      return !looksAlike(this.props as P, now);
    }
    override render(): ComponentChild {
      return createElement(draw, this.props as P);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}

/** Whether two objects have identical values, leaving out the key `aside`. */
export function areSame<T extends object>(a: T, b: T, aside?: keyof T): boolean {
  for (const key in a) {
    if (key !== aside && a[key] !== b[key]) return false;
  }
  for (const key in b) {
    if (!(key in a)) return false;
  }
  return true;
}
