package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/template"

	_ "embed"

	"github.com/maru-chat/maru/e2e/bootstrap"
)

//go:embed page.tmpl
var pageText string

// write makes the page from the counts and from what an idle hour consists of.
func write(counts map[string]*Count, anHour []use) ([]byte, error) {
	for _, name := range names() {
		if counts[name] == nil {
			return nil, fmt.Errorf("counts.json has no count of %q", name)
		}
	}
	page, err := template.New("cost").Funcs(template.FuncMap{
		"bill": billOf, "million": func(b bill) bill { return bill{}.plus(b, million) },
		"priced":  func(c Call) bill { return billOf(&Count{Calls: []Call{c}}) },
		"dollars": dollars, "mills": mills, "number": number, "add": func(a, b int) int { return a + b },
		"thousand": func(u use) float64 { return 1000 * billOfUses(counts, []use{u}).Total() },
		"monthly":  func(u use) float64 { return daysAMonth * billOfUses(counts, []use{u}).Total() },
	}).Parse(pageText)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = page.Execute(&text, figures(counts, anHour))
	return text.Bytes(), err
}

// figures are what the template refers to.
func figures(counts map[string]*Count, anHour []use) map[string]any {
	hour := billOfUses(counts, anHour)
	hour.Gateway += connectionMinutes * perConnectionMinute
	day := billOfUses(counts, aDay).plus(hour, hoursADay)
	return map[string]any{
		"PricedIn": pricedIn, "Counts": counts, "Names": names(), "Crowds": crowds(counts),
		"MaxDirect": maxDirect, "Breakdown": counts[MessageTo10],
		"BurstMessages": BurstMessages, "BurstBatches": burstBatches, "Coalesced": float64(BurstMessages) / burstBatches,
		"LostSlots": lostSlots, "LostPrice": million * (lostSlots*perWrite + (lostSlots-1)*perRead),
		"Preflight": billOf(&Count{Requests: 1, Invocations: map[string]int{"http": 1}}),

		"Hour": bill{}.plus(hour, 1000), "HourUses": anHour,
		"Minutes": connectionMinutes, "MinutesPrice": 1000 * connectionMinutes * perConnectionMinute,
		"DayUses": aDay, "Hours": hoursADay, "HoursPrice": daysAMonth * hoursADay * hour.Total(),
		"Days": daysAMonth, "Month": bill{}.plus(day, daysAMonth),

		"LogGigabyte": million * perLoggedKB, "Requests": million * perInvocation,
		"LoggedBytes": 1000 * loggedRequest, "LoggedPrice": million * loggedRequest * perLoggedKB,
		"NotLoggedBytes": 1000 * notLogged, "NotLoggedPrice": million * notLogged * perLoggedKB,
		"Functions": lambdas, "PushRound": pushRound, "MaxZip": bootstrap.MaxZip >> 20,
	}
}

// names lists everything that is counted, in the order of the page.
func names() []string {
	return []string{
		MessageTo1, MessageTo10, MessageTo30, MessageTo100, Burst, MessageTo1000, BurstTo1000,
		Mention, Reaction, Edit, Deletion, Typing, ReadMark,
		Connect, Disconnect, Join, Rejoin, Heartbeat, HeartbeatAll, BeatScreen, BeatAll, Presence,
		RoomList, MemberList, History, Search, SearchAll,
	}
}

// crowd is the price of a million messages to a number of listeners.
type crowd struct {
	Listeners int
	// K is how many messages a push carries.
	K      float64
	Price  bill
	Before string // the price in the chat that this project began from
}

func crowds(counts map[string]*Count) []crowd {
	var rows []crowd
	for _, single := range []struct {
		listeners int
		name      string
		messages  float64
	}{
		{10, MessageTo10, 1},
		{30, MessageTo30, 1},
		{100, MessageTo100, 1},
		{100, Burst, BurstMessages},
		{1000, MessageTo1000, 1},
		{1000, BurstTo1000, BurstMessages},
	} {
		c := counts[single.name]
		row := crowd{
			Listeners: single.listeners, K: 1,
			Price: bill{}.plus(billOf(c), million/single.messages), Before: "not known",
		}
		if single.messages > 1 {
			row.K = single.messages * float64(single.listeners) / float64(c.Pushes)
		}
		if before, isKnown := beganFrom[single.listeners]; isKnown {
			row.Before = dollars(before)
		}
		rows = append(rows, row)
	}
	return rows
}

// dollars rounds half a cent up, even where a product has come out a bit below.
func dollars(d float64) string { return "$" + grouped(strconv.FormatFloat(d+1e-9, 'f', 2, 64)) }

// mills are for prices below a cent.
func mills(d float64) string { return "$" + grouped(strconv.FormatFloat(d+1e-9, 'f', 3, 64)) }

// number formats n with at most two decimals, and without trailing zeros.
func number(n any) string {
	if f, isFloat := n.(float64); isFloat {
		n = math.Round(100*f) / 100
	}
	return grouped(fmt.Sprint(n))
}

// grouped puts commas between thousands.
func grouped(digits string) string {
	whole, decimals, hasDecimals := strings.Cut(digits, ".")
	var groups []string
	for len(whole) > 3 {
		groups = append(groups, whole[len(whole)-3:])
		whole = whole[:len(whole)-3]
	}
	groups = append(groups, whole)
	slices.Reverse(groups)
	text := strings.Join(groups, ",")
	if hasDecimals {
		text += "." + decimals
	}
	return text
}
