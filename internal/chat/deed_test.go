package chat_test

import (
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// deed is a use case that writes. It prepares the house and returns the call,
// which is the same each time that it is made.
type deed func(h *house) (do func() (outcome, error))

// outcome is what a call answered.
type outcome struct {
	room   chat.RoomID
	seq    chat.Seq
	user   chat.UserID
	secret string
}

func written(w chat.Written, err error) (outcome, error) {
	return outcome{room: w.Room, seq: w.Seq}, err
}

// inHall is a deed that writes in the hall, with an id that the author chose.
func inHall(author chat.UserID, do func(h *house, w chat.Write) (chat.Written, error)) deed {
	return func(h *house) func() (outcome, error) {
		w := h.write(author)
		return func() (outcome, error) { return written(do(h, w)) }
	}
}

// deeds are all use cases that write, except the one that a client cannot repeat
// by design: see TestService_RedeemLink_onceAtMost.
var deeds = map[string]deed{
	"send": inHall("ann", func(h *house, w chat.Write) (chat.Written, error) {
		return h.Send(h.t.Context(), "ann", chat.Send{Write: w, Text: "@bob", Mentions: []chat.UserID{"bob"}, ReplyTo: firstPost})
	}),
	"edit": inHall("ann", func(h *house, w chat.Write) (chat.Written, error) {
		return h.Edit(h.t.Context(), "ann", chat.Edit{Write: w, Post: firstPost, Text: "better"})
	}),
	"delete": inHall("ann", func(h *house, w chat.Write) (chat.Written, error) {
		return h.Delete(h.t.Context(), "ann", chat.Delete{Write: w, Post: firstPost})
	}),
	"react": inHall("ann", func(h *house, w chat.Write) (chat.Written, error) {
		return h.React(h.t.Context(), "ann", chat.React{Write: w, Post: firstPost, Emoji: "👍"})
	}),
	"unreact": inHall("bob", func(h *house, w chat.Write) (chat.Written, error) {
		return h.Unreact(h.t.Context(), "bob", chat.React{Write: w, Post: firstPost, Emoji: "👍"})
	}),
	"pin": func(h *house) func() (outcome, error) {
		pin := chat.Pin{Post: h.send("bob", "second"), Write: h.write("mod")}
		return func() (outcome, error) { return written(h.Pin(h.t.Context(), "mod", pin)) }
	},
	"unpin": inHall("mod", func(h *house, w chat.Write) (chat.Written, error) {
		return h.Unpin(h.t.Context(), "mod", chat.Pin{Write: w, Post: firstPost})
	}),
	"topic": inHall("mod", func(h *house, w chat.Write) (chat.Written, error) {
		return h.SetTopic(h.t.Context(), "mod", chat.Topic{Write: w, Text: "오늘의 주제"})
	}),
	"settings": inHall("olga", func(h *house, w chat.Write) (chat.Written, error) {
		return h.ChangeSettings(h.t.Context(), "olga", chat.Settings{Write: w, Title: "Big hall", Visibility: chat.Private})
	}),
	"delete room": inHall("olga", func(h *house, w chat.Write) (chat.Written, error) {
		return h.DeleteRoom(h.t.Context(), "olga", w)
	}),
	"join": inHall("eve", func(h *house, w chat.Write) (chat.Written, error) { return h.Join(h.t.Context(), "eve", w) }),
	"add member": inHall("mod", func(h *house, w chat.Write) (chat.Written, error) {
		return h.AddMember(h.t.Context(), "mod", chat.AddMember{Write: w, User: "eve", Role: chat.RoleReader})
	}),
	"set role": inHall("olga", func(h *house, w chat.Write) (chat.Written, error) {
		return h.SetRole(h.t.Context(), "olga", chat.SetRole{Write: w, User: "mod", Role: chat.RoleOwner})
	}),
	"remove": inHall("mod", func(h *house, w chat.Write) (chat.Written, error) {
		return h.Remove(h.t.Context(), "mod", chat.Remove{Write: w, User: "ann"})
	}),
	"leave": inHall("ann", func(h *house, w chat.Write) (chat.Written, error) { return h.Leave(h.t.Context(), "ann", w) }),
	"mark read": func(h *house) func() (outcome, error) {
		head := h.head()
		return func() (outcome, error) { return outcome{}, h.MarkRead(h.t.Context(), "bob", hall, head) }
	},
	"create": func(h *house) func() (outcome, error) {
		nook := chat.Create{Write: chat.Write{Room: "nook", ID: "c1"}, Title: "Nook", Visibility: chat.Private}
		return func() (outcome, error) { return written(h.Create(h.t.Context(), "ann", nook)) }
	},
	"open direct": func(h *house) func() (outcome, error) {
		return func() (outcome, error) { return written(h.OpenDirect(h.t.Context(), "ann", "bob")) }
	},
	"classic join": func(h *house) func() (outcome, error) {
		kim := chat.Classic{Room: "r", User: "kim", Name: "Kim", Address: "192.0.2.1"}
		return func() (outcome, error) {
			room, user, err := h.ClassicJoin(h.t.Context(), kim)
			return outcome{room: room, user: user}, err
		}
	},
	"sign in": func(h *house) func() (outcome, error) {
		return func() (outcome, error) {
			user, err := h.SignIn(h.t.Context(), "192.0.2.1", "새 사람")
			return outcome{user: user.ID}, err
		}
	},
	"rename": func(h *house) func() (outcome, error) {
		return func() (outcome, error) {
			user, err := h.Rename(h.t.Context(), "ann", "앤")
			return outcome{user: user.ID}, err
		}
	},
	"claim operator": func(h *house) func() (outcome, error) {
		secret, err := h.OfferOperator(h.t.Context())
		h.ok(err)
		return func() (outcome, error) {
			user, err := h.ClaimOperator(h.t.Context(), "eve", secret)
			return outcome{user: user.ID, secret: secret}, err
		}
	},
	"ban": func(h *house) func() (outcome, error) {
		h.makeOperator("eve")
		return func() (outcome, error) { return outcome{}, h.Ban(h.t.Context(), "eve", "ann") }
	},
	"unban": func(h *house) func() (outcome, error) {
		h.makeOperator("eve")
		h.ok(h.Ban(h.t.Context(), "eve", "ann"))
		return func() (outcome, error) { return outcome{}, h.Unban(h.t.Context(), "eve", "ann") }
	},
	"link device": func(h *house) func() (outcome, error) {
		return func() (outcome, error) {
			secret, _, err := h.LinkDevice(h.t.Context(), "ann")
			return outcome{secret: secret}, err
		}
	},
	"offer operator": func(h *house) func() (outcome, error) {
		return func() (outcome, error) {
			secret, err := h.OfferOperator(h.t.Context())
			return outcome{secret: secret}, err
		}
	},
	"create invite": func(h *house) func() (outcome, error) {
		return func() (outcome, error) {
			secret, _, err := h.CreateInvite(h.t.Context(), "mod", invite)
			return outcome{secret: secret}, err
		}
	},
	"accept invite": func(h *house) func() (outcome, error) {
		secret, w := h.invite(), h.write("eve")
		return func() (outcome, error) {
			done, err := written(h.AcceptInvite(h.t.Context(), "eve", secret, w))
			done.secret = secret
			return done, err
		}
	},
	"revoke invite": func(h *house) func() (outcome, error) {
		secret := h.invite()
		return func() (outcome, error) {
			return outcome{secret: secret}, h.RevokeInvite(h.t.Context(), "mod", secret)
		}
	},
}

var invite = chat.Invite{Room: hall, Role: chat.RoleMember, Uses: 2, TTL: time.Hour}

func (h *house) invite() (secret string) {
	h.t.Helper()
	secret, _, err := h.CreateInvite(h.t.Context(), "mod", invite)
	h.ok(err)
	return secret
}

func (h *house) makeOperator(user chat.UserID) {
	h.t.Helper()
	secret, err := h.OfferOperator(h.t.Context())
	h.ok(err)
	_, err = h.ClaimOperator(h.t.Context(), user, secret)
	h.ok(err)
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}
