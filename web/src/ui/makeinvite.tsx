import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { InviteBody } from "../protocol/bodies.ts";
import { CopyField } from "./copyfield.tsx";
import { Dialog } from "./dialog.tsx";
import { troubleOf, usePage, useText } from "./page.ts";

/** The links made on this page, by user and room: opening the dialog again reuses them. */
const made = new Map<string, InviteBody>();

/** Makes an invite link, which can be copied or revoked. */
export function MakeInvite({ room, close }: { readonly room: string; readonly close: () => void }): VNode {
  const { api, session } = usePage();
  const text = useText();
  const key = `${session.user} ${room}`;
  const [invite, setInvite] = useState<InviteBody | null>(made.get(key) ?? null);
  const [isEnded, setEnded] = useState(false);
  const [said, setSaid] = useState("");
  const [trouble, setTrouble] = useState("");
  const failed = (error: unknown): void => setTrouble(troubleOf(error, text));
  const make = (): void => {
    setEnded(false);
    api.invite(room).then((fresh) => {
      made.set(key, fresh);
      setInvite(fresh);
      setSaid("");
    }, failed);
  };
  const revoke = async (secret: string): Promise<void> => {
    await api.revokeInvite(secret);
    made.delete(key);
    setInvite(null);
    setEnded(true);
    setSaid(text.inviteEnded);
  };
  useEffect(() => {
    if (!invite) make();
  }, [room]);
  return (
    <Dialog title={text.invite} close={close}>
      <CopyField label={text.inviteLink} value={invite?.link ?? ""} isPrimary say={setSaid} />
      <p class="quiet small">{text.inviteHint}</p>
      <p role="status" class="small">{said}</p>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      <div class="dialog-foot">
        {invite && <button type="button" class="plain danger" onClick={() => void revoke(invite.secret).catch(failed)}>{text.endInvite}</button>}
        {isEnded && <button type="button" onClick={make}>{text.newInvite}</button>}
      </div>
    </Dialog>
  );
}
