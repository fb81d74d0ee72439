import type { ComponentChildren, VNode } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { useText } from "./page.ts";

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialog. Escape, the × button and a click outside close it. */
export function Dialog({ title, close, children }: DialogProps): VNode {
  const text = useText();
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A layout effect opens it in the same frame, so that no key press is lost to the page behind it.
  useLayoutEffect(() => {
    ref.current?.showModal();
  }, []);
  return (
    <dialog
      ref={ref} class="dialog" aria-labelledby={id} onClose={close}
      onClick={(event) => event.target === ref.current && close()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="plain icon" aria-label={text.close} onClick={close}>×</button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
