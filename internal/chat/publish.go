package chat

import "context"

// publish tells everybody concerned of a durable entry, even if its caller has
// gone. It tells again of an entry that a resend found: the attempt that wrote it
// may have failed before it told anybody. But it does so only within the caller's
// rate, because a resend is never refused and telling costs pushes.
func (s *Service) publish(ctx context.Context, v *view, a Appended) Written {
	ctx, done := uncancelled(ctx)
	defer done()
	e := &a.Entry
	isOvertaken := v.isOvertaken(e)
	if (e.Kind == KindLeft || e.Kind == KindRemoved) && !isOvertaken {
		s.ports.Audience.Evict(ctx, e.Room, e.User, e.Seq)
	}
	if a.Existed && v.limitErr != nil {
		return writtenAs(a)
	}
	s.ports.Audience.Publish(ctx, v.listeners, &EntryAppended{Entry: *e, Passed: a.Passed, AuthorName: v.author.Name})
	if !isOvertaken {
		s.tellMembers(ctx, e)
	}
	return writtenAs(a)
}

func writtenAs(a Appended) Written {
	return Written{Room: a.Entry.Room, Seq: a.Entry.Seq, Entry: &a.Entry, Existed: a.Existed}
}

// isOvertaken reports whether a later entry has changed the membership that an old
// entry concerns.
func (v *view) isOvertaken(e *Entry) bool {
	return v.member.User == e.User && v.member.Touched > e.Seq
}

// tellMembers tells the users whom the entry brought in or took out.
func (s *Service) tellMembers(ctx context.Context, e *Entry) {
	switch e.Kind {
	case KindLeft, KindRemoved:
		s.ports.Audience.Tell(ctx, e.User, RoomLost{Room: e.Room})
	case KindCreated, KindJoined:
		for _, user := range MembersOf(e) {
			s.ports.Audience.Tell(ctx, user, RoomGained{Room: e.Room})
		}
	}
}
