import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { CodeBody } from "../protocol/bodies.ts";
import { CopyField } from "./copyfield.tsx";
import { Dialog } from "./dialog.tsx";
import { language, troubleOf, usePage, useText } from "./page.ts";
import { deviceLinkOf } from "./route.ts";
import { timeOf } from "./when.ts";

/** Makes a code that signs the same user in on another device. */
export function LinkDevice({ close }: { readonly close: () => void }): VNode {
  const { api } = usePage();
  const text = useText();
  const [made, setMade] = useState<CodeBody | null>(null);
  const [said, setSaid] = useState("");
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    api.linkDevice().then(setMade, (error: unknown) => setTrouble(troubleOf(error, text)));
  }, []);
  return (
    <Dialog title={text.device} close={close}>
      <p class="quiet small">{text.deviceHint}</p>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      <CopyField label={text.deviceLink} value={made ? deviceLinkOf(made.code) : ""} isPrimary say={setSaid} />
      <CopyField label={text.deviceCode} value={made?.code ?? ""} say={setSaid} />
      <p role="status" class="quiet small">{said || (made ? text.validUntil(timeOf(made.expires_at, language.value)) : "")}</p>
    </Dialog>
  );
}

/** Shown when a code is opened in a browser that is signed in already. The code is not used up. */
export function DeviceLinkHere({ close }: { readonly close: () => void }): VNode {
  const { session } = usePage();
  const text = useText();
  return (
    <Dialog title={text.device} close={close}>
      <p>{text.signedInAlready(session.name)}</p>
      <div class="dialog-foot">
        <button type="button" class="primary" onClick={close}>{text.close}</button>
      </div>
    </Dialog>
  );
}
