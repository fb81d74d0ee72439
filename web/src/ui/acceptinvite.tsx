import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Bodies } from "../protocol/bodies.ts";
import { Dialog } from "./dialog.tsx";
import { troubleOf, usePage, useText } from "./page.ts";
import { goTo } from "./route.ts";

/** Shows which room an invite is for, and joins it. */
export function AcceptInvite({ secret, close }: { readonly secret: string; readonly close: () => void }): VNode {
  const { api, maru } = usePage();
  const text = useText();
  const [preview, setPreview] = useState<Bodies["InvitePreview"] | null>(null);
  const [trouble, setTrouble] = useState("");
  const failed = (error: unknown): void => setTrouble(troubleOf(error, text));
  useEffect(() => void api.previewInvite(secret).then(setPreview, failed), [secret]);
  const accept = async (): Promise<void> => {
    try {
      const { room } = await api.acceptInvite(secret);
      await maru.relist();
      goTo(room ?? preview?.room.id ?? null);
    } catch (error) {
      failed(error);
    }
  };
  return (
    <Dialog title={text.invite} close={close}>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      {preview && <p>{text.invitedTo(preview.room.title ?? "")}</p>}
      <div class="dialog-foot">
        <button type="button" onClick={close}>{text.cancel}</button>
        <button type="button" class="primary" disabled={!preview} onClick={() => void accept()}>{text.join}</button>
      </div>
    </Dialog>
  );
}
