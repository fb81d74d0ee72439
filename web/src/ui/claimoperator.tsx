import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { troubleOf, usePage, useText } from "./page.ts";

/** Makes the reader an operator by the link that was printed when this Maru first started. */
export function ClaimOperator({ code, close }: { readonly code: string; readonly close: () => void }): VNode {
  const { api } = usePage();
  const text = useText();
  const [trouble, setTrouble] = useState("");
  const claim = (): void => void api.claimOperator(code).then(close, (error: unknown) => setTrouble(troubleOf(error, text)));
  return (
    <Dialog title={text.operator} close={close}>
      <p>{text.operatorQuestion}</p>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      <div class="dialog-foot">
        <button type="button" onClick={close}>{text.cancel}</button>
        <button type="button" class="primary" onClick={claim}>{text.becomeOperator}</button>
      </div>
    </Dialog>
  );
}
