import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { troubleOf, usePage, useText } from "./page.ts";

export function MakeInvite({ room, close }: { readonly room: string; readonly close: () => void }): VNode {
  const { api } = usePage();
  const text = useText();
  const [link, setLink] = useState("");
  const [said, setSaid] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    api.invite(room).then((made) => setLink(made.link), (error: unknown) => setSaid(troubleOf(error, text)));
  }, [room]);
  const copy = async (): Promise<void> => {
    field.current?.select();
    // Pages without https have no clipboard: there the selected link is copied by hand.
    await (navigator as { readonly clipboard?: Clipboard }).clipboard?.writeText(link);
    setSaid(text.copied);
  };
  return (
    <Dialog title={text.invite} close={close}>
      <label class="field">
        {text.inviteLink}
        <input ref={field} type="text" readOnly value={link} />
      </label>
      <p class="quiet small">{text.inviteHint}</p>
      <p role="status" class="small">{said}</p>
      <div class="dialog-foot">
        <button type="button" class="primary" disabled={link === ""} onClick={() => void copy()}>{text.copy}</button>
      </div>
    </Dialog>
  );
}
