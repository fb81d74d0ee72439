package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/maru-chat/maru/internal/chat"
)

// Rates are the service's rates in the form in which people write them.
type Rates struct {
	chat.Rates
	// IsOff says that nothing is limited.
	IsOff bool
}

// UnmarshalText reads "default", "off", or names with a burst and an interval
// that replace the defaults: "writes=10/500ms,rooms=20/3m".
func (r *Rates) UnmarshalText(text []byte) error {
	*r = Rates{Rates: chat.DefaultRates()}
	switch string(text) {
	case "default":
		return nil
	case "off":
		*r = Rates{IsOff: true}
		return nil
	}
	rates := map[string]*chat.Rate{
		"writes": &r.Writes, "rooms": &r.Rooms, "sign-ins": &r.SignIns, "typing": &r.Typing, "reads": &r.Reads,
	}
	for part := range strings.SplitSeq(string(text), ",") {
		name, value, _ := strings.Cut(part, "=")
		rate, isKnown := rates[name]
		if !isKnown {
			return fmt.Errorf("rates: %q is none of writes, rooms, sign-ins, typing, reads", name)
		}
		if err := parseRate(rate, value); err != nil {
			return fmt.Errorf("rates: %s must be burst/interval such as 10/500ms: %q", name, value)
		}
	}
	return nil
}

func parseRate(rate *chat.Rate, text string) error {
	burst, every, _ := strings.Cut(text, "/")
	count, err := strconv.Atoi(burst)
	if err != nil || count < 1 {
		return fmt.Errorf("burst %q is not a number above 0", burst)
	}
	interval, err := time.ParseDuration(every)
	if err != nil || interval <= 0 {
		return fmt.Errorf("interval %q is not a duration above 0", every)
	}
	*rate = chat.Rate{Burst: count, Every: interval}
	return nil
}
