package storetest

import (
	"fmt"

	"github.com/maru-chat/maru/internal/chat"
)

// audit folds the log and checks for each entry that it was allowed there.
func audit(log []chat.Entry) (problems []string) {
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	fold := chat.NewFold()
	seen := map[string]bool{}
	for i := range log {
		e := &log[i]
		name := nameOf(e)
		if e.Seq != chat.Seq(i+1) || seen[name] {
			report("entry %d has seq %d; %s stands twice: %t", i+1, e.Seq, name, seen[name])
		}
		seen[name] = true
		if i > 0 && !mayStand(fold, e) {
			report("entry %d, %s by %s, could not stand there: %+v", e.Seq, e.Kind, e.Author, e.Content)
		}
		fold.Apply(e)
		if fold.Room.Owners < 1 || fold.Room.Owners != owners(fold) {
			report("after entry %d, %s, the room counts %d owners and has %d", e.Seq, e.Kind, fold.Room.Owners, owners(fold))
		}
	}
	return problems
}

// missing reports answered entries that do not have the seq answered.
func missing(log, answered []chat.Entry) (problems []string) {
	for _, e := range answered {
		if int(e.Seq) > len(log) || nameOf(&log[e.Seq-1]) != nameOf(&e) {
			problems = append(problems, fmt.Sprintf("%s was answered as entry %d and is not there", nameOf(&e), e.Seq))
		}
	}
	return problems
}

func foldOf(log []chat.Entry) *chat.Fold {
	fold := chat.NewFold()
	for i := range log {
		fold.Apply(&log[i])
	}
	return fold
}

func owners(fold *chat.Fold) (n int) {
	for _, m := range fold.Members {
		if m.Role == chat.RoleOwner {
			n++
		}
	}
	return n
}

// mayStand restates the rules of a public room for one entry.
func mayStand(fold *chat.Fold, e *chat.Entry) bool {
	author, member := memberIn(fold, e.Author), memberIn(fold, e.User)
	post := fold.Posts[e.Post]
	stands := post != nil && post.Deleted == 0
	switch e.Kind {
	case chat.KindPosted:
		return author.Role.AtLeast(chat.RoleMember)
	case chat.KindEdited:
		return author.Role.AtLeast(chat.RoleMember) && stands && post.Author == e.Author
	case chat.KindDeleted:
		isAllowed := author.Role.AtLeast(chat.RoleModerator) || author.Role.AtLeast(chat.RoleMember) && post.Author == e.Author
		return stands && isAllowed
	case chat.KindReactionSet, chat.KindReactionRemoved:
		return author.Role.AtLeast(chat.RoleMember) && stands
	case chat.KindPinned:
		return author.Role.AtLeast(chat.RoleModerator) && stands
	case chat.KindTopicSet:
		return author.Role.AtLeast(chat.RoleModerator)
	case chat.KindJoined:
		return e.User == e.Author && !author.IsMember()
	case chat.KindLeft:
		return e.User == e.Author && author.IsMember() && e.Was == author.Role
	case chat.KindRemoved:
		isAllowed := author.Role.AtLeast(chat.RoleModerator) && !member.Role.AtLeast(author.Role)
		return isAllowed && member.IsMember() && e.Was == member.Role
	case chat.KindRoleSet:
		return author.Role == chat.RoleOwner && member.IsMember() && e.Was == member.Role
	default:
		return false
	}
}

func memberIn(fold *chat.Fold, user chat.UserID) chat.Member {
	if m := fold.Members[user]; m != nil {
		return *m
	}
	return chat.Member{Room: fold.Room.ID, User: user}
}

func membersIn(fold *chat.Fold, users []chat.UserID) []chat.Member {
	var members []chat.Member
	for _, user := range users {
		members = append(members, memberIn(fold, user))
	}
	return members
}
