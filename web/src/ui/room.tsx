import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Post } from "../state/post.ts";
import { canWriteIn, type RoomState } from "../state/room.ts";
import { stuckWith, topicOf } from "../state/select.ts";
import { Composer } from "./composer.tsx";
import { ConnectionState } from "./connectionstate.tsx";
import { MakeInvite } from "./makeinvite.tsx";
import { People } from "./people.tsx";
import { useSlice, useText } from "./page.ts";
import { Pins } from "./pins.tsx";
import { goTo } from "./route.ts";
import { SearchIcon } from "./searchicon.tsx";
import { Timeline } from "./timeline.tsx";
import { Trouble } from "./trouble.tsx";
import { TypingLine } from "./typingline.tsx";

interface RoomViewProps {
  readonly room: RoomState;
  readonly search: () => void;
}

/** One room: its name, its messages and the composer. */
export function RoomView({ room, search }: RoomViewProps): VNode {
  const outgoing = useSlice("outgoing");
  const text = useText();
  const [replyTo, setReplyTo] = useState<Post | null>(null);
  const [areShown, setShown] = useState(false);
  const [isInviting, setInviting] = useState(false);
  const canWrite = canWriteIn(room);
  return (
    <>
      <main class="room" aria-label={room.title}>
        <header class="room-head">
          <button type="button" class="plain icon back" aria-label={text.back} onClick={() => goTo(null)}>‹</button>
          <div class="room-names">
            <h1>{room.title}</h1>
            <RoomLine room={room} />
          </div>
          <button type="button" class="plain icon" aria-label={text.search} onClick={search}><SearchIcon /></button>
          <button type="button" class="plain" aria-expanded={areShown} onClick={() => setShown(!areShown)}>{text.people}</button>
          {room.visibility !== "direct" && (
            <button type="button" class="plain" onClick={() => setInviting(true)}>{text.invite}</button>
          )}
        </header>
        <div class="narrow-only"><ConnectionState /></div>
        {stuckWith({ outgoing }, room).map((item) => <Trouble key={item.id} item={item} />)}
        <Pins room={room} />
        <Timeline room={room} reply={setReplyTo} />
        <TypingLine room={room.id} />
        {canWrite ? (
          <Composer room={room} replyTo={replyTo} dropReply={() => setReplyTo(null)} />
        ) : (
          <p class="quiet small pad">{text.readOnly}</p>
        )}
      </main>
      {areShown && <People room={room} close={() => setShown(false)} />}
      {isInviting && <MakeInvite room={room.id} close={() => setInviting(false)} />}
    </>
  );
}

/** The number of members, and the topic. */
function RoomLine({ room }: { readonly room: RoomState }): VNode {
  const text = useText();
  const topic = topicOf({ outgoing: useSlice("outgoing") }, room);
  const members = room.visibility === "direct" ? "" : text.members(room.memberCount);
  return (
    <p class="quiet small">
      {members && <span class="room-count">{members}</span>}
      {topic && <span class="room-topic" title={topic}>{topic}</span>}
    </p>
  );
}
