package main

// Things that are done in some time, and how often.
type use struct {
	Name  string
	Times float64
}

// reconnects are how often in an hour a page connects anew, to two decimals: its
// connections live 110 min less up to 5 min of jitter (web/src/client/connection.ts).
const reconnects = 0.56

// anHour is an open page that nobody touches, as the page does it: every minute
// it asks for the room on screen, every fifth for all rooms, with who is
// present. Each time that it has connected anew and joined its rooms, it reads
// the list of rooms, and for the room on screen who is present and the members.
var anHour = []use{
	{BeatScreen, 48},
	{BeatAll, 12},
	{Connect, reconnects},
	{Rejoin, reconnects},
	{Disconnect, reconnects},
	{RoomList, reconnects},
	{Presence, reconnects},
	{MemberList, reconnects},
}

const (
	connectionMinutes = 60 // of an hour
	hoursADay         = 8
	daysAMonth        = 20
)

// aDay is what one person does with the page in a day, beside leaving it open.
// The page tells a sign of typing with the first key of a message, and the next
// after 5 s: every second message takes longer to write.
var aDay = []use{
	{RoomList, 1},
	{MessageTo10, 100},
	{Typing, 150},
	{ReadMark, 100},
	{Reaction, 10},
	{Edit, 5},
	{History, 20},
	{MemberList, 20},
	{Search, 2},
}

// billOfUses sums up what was counted, each as often as it is done.
func billOfUses(counts map[string]*Count, uses []use) bill {
	var sum bill
	for _, u := range uses {
		sum = sum.plus(billOf(counts[u.Name]), u.Times)
	}
	return sum
}
