package chat_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/maru-chat/maru/internal/chat"
)

// TestService_rates says for each use case which rates bound it, and whose.
func TestService_rates(t *testing.T) {
	t.Parallel()
	const address = "192.0.2.1"
	rates := chat.Rates{
		Writes: chat.Rate{Burst: 1, Every: time.Second}, Rooms: chat.Rate{Burst: 2, Every: time.Second},
		SignIns: chat.Rate{Burst: 3, Every: time.Second}, Typing: chat.Rate{Burst: 4, Every: time.Second},
		Reads: chat.Rate{Burst: 5, Every: time.Second},
	}
	for name, c := range map[string]struct {
		begin deed
		want  map[string]chat.Rate
	}{
		"a message is a write":             {deeds["send"], map[string]chat.Rate{"writes:ann": rates.Writes}},
		"a new name is a write":            {deeds["rename"], map[string]chat.Rate{"writes:ann": rates.Writes}},
		"an invite is a write":             {deeds["create invite"], map[string]chat.Rate{"writes:mod": rates.Writes}},
		"a revoked invite is a write":      {deeds["revoke invite"], map[string]chat.Rate{"writes:mod": rates.Writes}},
		"a room counts as a room":          {deeds["create"], map[string]chat.Rate{"rooms:ann": rates.Rooms}},
		"a direct room counts as a room":   {deeds["open direct"], map[string]chat.Rate{"rooms:ann": rates.Rooms}},
		"a guest is a sign-in":             {deeds["sign in"], map[string]chat.Rate{"sign-ins:" + address: rates.SignIns}},
		"a code for a device is a sign-in": {deeds["link device"], map[string]chat.Rate{"links:ann": rates.SignIns}},
		"a claim is a sign-in":             {deeds["claim operator"], map[string]chat.Rate{"claims:eve": rates.SignIns}},
		"leaving is free":                  {deeds["leave"], map[string]chat.Rate{}},
		"a ban is free":                    {deeds["ban"], map[string]chat.Rate{}},
		"a code tried is a sign-in": {func(h *house) func() (outcome, error) {
			secret, _, err := h.LinkDevice(h.t.Context(), "ann")
			h.ok(err)
			return func() (outcome, error) {
				_, err := h.RedeemLink(h.t.Context(), address, secret)
				return outcome{}, err
			}
		}, map[string]chat.Rate{"sign-ins:" + address: rates.SignIns}},
		"a classic newcomer pays for the user, the room and the write": {deeds["classic join"], map[string]chat.Rate{
			"reads:" + address: rates.Reads, "sign-ins:" + address: rates.SignIns,
			"classic:" + address: rates.Writes, "rooms:" + address: rates.Rooms,
		}},
		"typing has a rate of its own": {func(h *house) func() (outcome, error) {
			return func() (outcome, error) { return outcome{}, h.Type(h.t.Context(), "ann", hall) }
		}, map[string]chat.Rate{"typing:ann": rates.Typing}},
		"a list is a read": {func(h *house) func() (outcome, error) {
			return func() (outcome, error) {
				_, err := h.MyRooms(h.t.Context(), "ann")
				return outcome{}, err
			}
		}, map[string]chat.Rate{"reads:ann": rates.Reads}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := newFaultyHouse(t)
			do := c.begin(h)
			h.Rates = rates
			clear(h.Limiter.rates)
			_, err := do()
			h.ok(err)
			if diff := cmp.Diff(c.want, h.Limiter.rates); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
		})
	}
}
