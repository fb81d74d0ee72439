import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useText } from "./page.ts";

interface CopyFieldProps {
  readonly label: string;
  readonly value: string;
  readonly isPrimary?: boolean;
  /** Announces in the dialog that the value was copied. */
  readonly say: (words: string) => void;
}

/** A read-only field with a button that copies its value. */
export function CopyField({ label, value, isPrimary = false, say }: CopyFieldProps): VNode {
  const text = useText();
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    field.current?.select();
    // Pages without https have no clipboard: there the user copies the selected text by hand.
    const { clipboard } = navigator as { readonly clipboard?: Clipboard };
    await clipboard?.writeText(value).then(() => say(text.copied), () => undefined);
  };
  return (
    <div class="copy-field">
      <label class="field">
        {label}
        <input ref={field} type="text" readOnly value={value} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <button type="button" class={isPrimary ? "primary" : ""} disabled={value === ""} onClick={() => void copy()}>{text.copy}</button>
    </div>
  );
}
