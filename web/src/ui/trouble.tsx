import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Change, Outgoing, Progress } from "../state/outgoing.ts";
import { troubleOf, usePage, useText } from "./page.ts";
import type { Text } from "./text.ts";

/** Says why a change is stuck, and offers to edit it, send it again or discard it. */
export function Trouble({ item }: { readonly item: Outgoing }): VNode {
  const { maru } = usePage();
  const text = useText();
  const { progress, change } = item;
  const [words, setWords] = useState("text" in change ? change.text : "");
  const [refusal, setRefusal] = useState("");
  const failed = (error: unknown): void => setRefusal(troubleOf(error, text));
  const again = (): void => void maru.retry(item.id, "text" in change ? { ...change, text: words } : change).catch(failed);
  return (
    <div class="stuck" role="alert">
      <p class="small">{subjectOf(change, text)}{reasonOf(progress, text)}</p>
      {"text" in change && (
        // A change that may have been written already is sent again unchanged.
        <textarea
          aria-label={change.action === "topic" ? text.topic : text.editMessage} rows={2} readOnly={progress.step === "halted"}
          value={words} onInput={(event) => setWords(event.currentTarget.value)}
        />
      )}
      {refusal && <p class="small">{refusal}</p>}
      <button type="button" onClick={again}>{text.retry}</button>
      <button type="button" class="plain" onClick={() => void maru.discard(item.id).catch(failed)}>{text.discard}</button>
    </div>
  );
}

/** What the change is about, where it is not shown with a message. */
function subjectOf({ action }: Change, text: Text): string {
  return action === "topic" || action === "pin" || action === "unpin" ? `${text[action]}: ` : "";
}

function reasonOf(progress: Progress, text: Text): string {
  switch (progress.step) {
    case "unknown":
      return text.unknown;
    case "halted":
      return `${text.failed}: ${text.halted}`;
    case "failed": {
      const reason = text.reasons[progress.code] ?? progress.message;
      return reason ? `${text.failed}: ${reason}` : text.failed;
    }
    default:
      return text.failed;
  }
}
