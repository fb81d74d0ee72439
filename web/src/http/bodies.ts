import type { Code, Head, Person, Post, ReadMark, Role, Room, Unread } from "../protocol/frames.ts";

export type { Code };

/** A room as one user sees it. */
export interface RoomView {
  readonly room: Room;
  /** Absent for one who is not a member. */
  readonly role?: Role;
  readonly head: Head;
  readonly mark: ReadMark;
  readonly unread: Unread;
  /** The other person of a direct room. */
  readonly peer?: Person;
}

export interface Member {
  readonly user: string;
  readonly name: string;
  readonly role: Role;
  readonly unverified?: boolean;
}

type Names = Readonly<Record<string, string>>;

/** The bodies of answers, by the names that openapi.yaml gives them. */
export interface HTTP {
  readonly Session: {
    /** Absent when it did not change. */
    readonly token?: string;
    readonly expires_at: number;
    readonly user: { readonly id: string; readonly name: string };
  };
  readonly RoomList: { readonly rooms: readonly RoomView[]; readonly next?: string };
  readonly Ack: { readonly room?: string; readonly seq?: number; readonly existed?: boolean };
  readonly Invite: { readonly secret: string; readonly link: string; readonly expires_at: number };
  readonly InvitePreview: { readonly room: Room; readonly invited_by: Person };
  readonly MemberList: { readonly members: readonly Member[]; readonly next?: string };
  readonly HistoryPage: { readonly posts: readonly Post[]; readonly cursor: string; readonly before: number; readonly names: Names };
  readonly Found: { readonly posts: readonly { readonly room: string; readonly post: Post }[]; readonly next?: string };
  readonly Problem: { readonly code: Code; readonly detail: string; readonly retry_after_ms: number };
}
