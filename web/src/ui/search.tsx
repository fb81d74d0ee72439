import type { VNode } from "preact";
import { useEffect, useReducer, useState } from "preact/hooks";
import { postFrom } from "../state/post.ts";
import { excerptOf, NO_SEARCH, partsOf, searched, type Hit, type Search } from "../state/search.ts";
import { nameOf } from "../state/select.ts";
import { Dialog } from "./dialog.tsx";
import { pointTo } from "./jump.ts";
import { language, troubleOf, usePage, useSlice, useText } from "./page.ts";
import type { Text } from "./text.ts";
import { dayOf, momentOf } from "./when.ts";

interface SearchProps {
  /** The open room, to which the search can be limited; null if there is none. */
  readonly room: string | null;
  readonly close: () => void;
}

/** The pause in typing after which the page searches. */
const PAUSE_MS = 250;
/** The longest search that the server accepts, in characters. */
const MAX_QUERY = 200;
const EXCERPT = 180;

/** Finds messages by their words, and jumps to them. */
export function SearchDialog({ room: open, close }: SearchProps): VNode {
  const { api, maru } = usePage();
  const rooms = useSlice("rooms");
  const text = useText();
  const [search, dispatch] = useReducer(searched, NO_SEARCH);
  const [words, setWords] = useState("");
  const [isHereOnly, setHereOnly] = useState(false);
  const [trouble, setTrouble] = useState("");
  const openRoom = open ? rooms.get(open) : undefined;
  const room = isHereOnly && open ? open : "";

  const ask = async (wanted: string, before: string): Promise<void> => {
    setTrouble("");
    try {
      const { posts, names, next = "", back = 0 } = await api.search(wanted, room, before);
      const hits = posts.map((hit): Hit => ({ room: hit.room, post: postFrom(hit.post), author: names[hit.room]?.[hit.post.author] ?? null }));
      dispatch({ type: "answered", words: wanted, room, before, hits, next, back });
    } catch (error) {
      dispatch({ type: "failed", words: wanted, room });
      setTrouble(troubleOf(error, text));
    }
  };
  useEffect(() => {
    const wanted = words.trim().normalize("NFC");
    const timer = setTimeout(() => {
      dispatch({ type: "asked", words: wanted, room });
      if (wanted !== "") void ask(wanted, "");
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [words, room]);
  const more = (): void => {
    dispatch({ type: "more" });
    void ask(search.words, search.next);
  };
  const jump = async (hit: Hit): Promise<void> => {
    if (!(await maru.history.jumpTo(hit.room, hit.post.seq))) return setTrouble(text.notShown);
    close();
    pointTo(hit.room, hit.post.seq);
  };
  return (
    <Dialog title={text.search} close={close}>
      <div class="search" role="search">
        <input
          type="text" aria-label={text.searchMessages} placeholder={text.searchMessages} maxLength={MAX_QUERY} autofocus enterkeyhint="search"
          value={words} onInput={(event) => setWords(event.currentTarget.value)}
        />
        {openRoom && (
          <label class="check small">
            <input type="checkbox" checked={isHereOnly} onChange={(event) => setHereOnly(event.currentTarget.checked)} />
            {text.onlyIn(openRoom.title)}
          </label>
        )}
      </div>
      <p role="status" class="quiet small">{statusOf(search, text)}</p>
      {trouble && <p class="trouble" role="alert">{trouble}</p>}
      {search.hits.length > 0 && (
        <ul class="hits">
          {search.hits.map((hit) => (
            <li key={`${hit.room} ${hit.post.seq}`}>
              <HitButton hit={hit} words={search.words} jump={() => void jump(hit)} />
            </li>
          ))}
        </ul>
      )}
      {search.back > 0 && search.step !== "asking" && (
        <p class="quiet small">{text.searchedBack(dayOf(search.back, Date.now(), language.value, text))}</p>
      )}
      {search.next !== "" && search.step !== "asking" && (
        <button type="button" onClick={more}>{search.back > 0 ? text.searchOn : text.more}</button>
      )}
    </Dialog>
  );
}

/** Describes the progress of the search, also for screen readers. */
function statusOf({ step, hits, next, words }: Search, text: Text): string {
  switch (step) {
    case "idle":
      return text.searchHint;
    case "asking":
      return text.searching;
    case "failed":
      return "";
    case "answered":
      if (hits.length > 0) return text.found(hits.length) + (next === "" ? "" : "+");
      return next === "" ? text.nothingFound(words) : text.nothingYet(words);
  }
}

interface HitProps {
  readonly hit: Hit;
  readonly words: string;
  readonly jump: () => void;
}

function HitButton({ hit, words, jump }: HitProps): VNode {
  const { post } = hit;
  const room = useSlice("rooms").get(hit.room);
  const author = hit.author ?? (room ? nameOf(room, post.author) : post.author.slice(0, 8));
  return (
    <button type="button" class="hit" onClick={jump}>
      <span class="hit-head small">
        <span class="author">{author}</span>
        <span class="quiet hit-room">{room?.title}</span>
        <time class="quiet" dateTime={new Date(post.at).toISOString()}>{momentOf(post.at, language.value)}</time>
      </span>
      <span class="hit-words">
        {partsOf(excerptOf(post.text, words, EXCERPT), words).map((part, i) => (part.isFound ? <mark key={i}>{part.text}</mark> : part.text))}
      </span>
    </button>
  );
}
