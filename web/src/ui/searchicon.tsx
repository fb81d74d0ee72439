import type { VNode } from "preact";

/** A magnifying glass. The button around it has the name. */
export function SearchIcon(): VNode {
  return (
    <svg class="search-icon" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round">
      <circle cx="8.5" cy="8.5" r="5.5" />
      <path d="M13 13l4.5 4.5" />
    </svg>
  );
}
