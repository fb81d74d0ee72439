package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHourOf(t *testing.T) {
	t.Parallel()
	hour, err := hourOf([]byte(`{"hours": 24, "uses": {"the list of 10 members": 12, "a connect": 48}}`))
	must(t, err)
	if diff := cmp.Diff([]use{{Connect, 2}, {MemberList, 0.5}}, hour); diff != "" {
		t.Errorf("an hour of 24 (-want +got):\n%s", diff)
	}
	for rule, text := range map[string]string{
		"refuses what is not counted":   `{"hours": 24, "uses": {"a dance": 1}}`,
		"refuses a count of no hours":   `{"uses": {"a connect": 1}}`,
		"refuses hours without uses":    `{"hours": 24}`,
		"refuses what is not an object": `[]`,
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			if hour, err := hourOf([]byte(text)); err == nil {
				t.Errorf("%s makes an hour: %v", text, hour)
			}
		})
	}
}

func TestReadHour(t *testing.T) {
	t.Parallel()
	if _, err := readHour(); err != nil {
		t.Error(err)
	}
}
