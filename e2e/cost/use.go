package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

// use is something that is done in a period of time, and how often.
type use struct {
	Name  string
	Times float64
}

const (
	connectionMinutes = 60 // of an hour
	hoursADay         = 8
	daysAMonth        = 20
)

// aDay is what one person does with the page in a day, beside leaving it open:
// an assumption. The page sends a sign of typing with the first key of a
// message, and the next after 5 s: every second message takes longer to write.
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

//go:embed hour.json
var openPage []byte

// readHour returns what a page does in an hour in which nobody touches it.
// web/src/ui/hour.test.tsx counts that over many hours, and holds hour.json to
// it.
func readHour() ([]use, error) {
	hour, err := hourOf(openPage)
	if err != nil {
		return nil, fmt.Errorf("read hour.json: %w", err)
	}
	return hour, nil
}

func hourOf(text []byte) ([]use, error) {
	var counted struct {
		Hours float64            `json:"hours"`
		Uses  map[string]float64 `json:"uses"`
	}
	if err := json.Unmarshal(text, &counted); err != nil {
		return nil, err
	}
	if counted.Hours <= 0 || len(counted.Uses) == 0 {
		return nil, fmt.Errorf("%d uses in %v hours are no count", len(counted.Uses), counted.Hours)
	}
	for name := range counted.Uses {
		if !slices.Contains(names(), name) {
			return nil, fmt.Errorf("nothing that is counted is called %q", name)
		}
	}
	var hour []use
	for _, name := range names() {
		if times := counted.Uses[name]; times > 0 {
			hour = append(hour, use{name, times / counted.Hours})
		}
	}
	return hour, nil
}

// billOfUses adds up the bills of the uses, each as often as it is done.
func billOfUses(counts map[string]*Count, uses []use) bill {
	var sum bill
	for _, u := range uses {
		sum = sum.plus(billOf(counts[u.Name]), u.Times)
	}
	return sum
}
