package main

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPage_is_generated_from_the_counts(t *testing.T) {
	t.Parallel()
	counts, err := readCounts()
	must(t, err)
	hour, err := readHour()
	must(t, err)
	want, err := write(counts, hour)
	must(t, err)
	got, err := os.ReadFile("../../docs/cost.md")
	must(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/cost.md is not what make generate writes (-generated +there):\n%s", diff)
	}
}

func TestPage_shows_everything_that_is_counted(t *testing.T) {
	t.Parallel()
	var measured []string
	for _, s := range scenarios {
		measured = append(measured, s.name)
	}
	if diff := cmp.Diff(measured, names()); diff != "" {
		t.Errorf("what is counted is not what is shown (-counted +shown):\n%s", diff)
	}
	if _, err := write(map[string]*Count{}, nil); err == nil {
		t.Error("a page without counts is written")
	}
}

func TestLambdas_are_priced_with_the_deployed_memory(t *testing.T) {
	t.Parallel()
	deployed, err := os.ReadFile("../../deploy/serverless.yml")
	must(t, err)
	memory := regexp.MustCompile(`(?m)^  (\w+):\n    handler: \w+\n(?:    [^\n]*\n)*?    memorySize: (\d+)$`)
	got := map[string]int{}
	for _, found := range memory.FindAllSubmatch(deployed, -1) {
		got[string(found[1])], _ = strconv.Atoi(string(found[2])) // digits
	}
	for name, f := range lambdas {
		if got[name] != f.Memory {
			t.Errorf("%s is priced with %d MB and deployed with %d", name, f.Memory, got[name])
		}
	}
}

func TestBillOf(t *testing.T) {
	t.Parallel()
	socket := map[string]int{"socket": 1}
	for name, c := range map[string]struct {
		count Count
		want  bill
	}{
		"nothing": {Count{}, bill{}},
		"messages both ways": {
			Count{In: 1, Answers: 1, Pushes: 0},
			bill{Gateway: 2e-6},
		},
		"a request of HTTP": {
			Count{Requests: 1},
			bill{Gateway: 1e-6},
		},
		"units of the table": {
			Count{Calls: []Call{{Reads: 4}, {Reads: 0.5, Writes: 2}}},
			bill{Table: 4.5*0.125e-6 + 2*0.625e-6},
		},
		"an invocation of 20 ms at 512 MB": {
			Count{Invocations: socket},
			bill{Invocations: 0.2e-6, Time: 0.02 * 0.5 * 0.0000133334},
		},
		"30 pushes are one round": {
			Count{Pushes: 30, Invocations: socket},
			bill{Gateway: 30e-6, Invocations: 0.2e-6, Time: 0.04 * 0.5 * 0.0000133334},
		},
		"100 pushes by the stream are two": {
			Count{Pushes: 100, Invocations: map[string]int{"push": 1}},
			bill{Gateway: 100e-6, Invocations: 0.2e-6, Time: 0.06 * 0.5 * 0.0000133334},
		},
		"400 pushes in four batches are eight": {
			Count{Pushes: 400, Invocations: map[string]int{"push": 4}},
			bill{Gateway: 400e-6, Invocations: 0.8e-6, Time: 0.24 * 0.5 * 0.0000133334},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, billOf(&c.count), closeEnough); diff != "" {
				t.Errorf("billOf (-want +got):\n%s", diff)
			}
		})
	}
}

// closeEnough ignores differences that come from the order of additions.
var closeEnough = cmp.Comparer(func(a, b float64) bool { return a-b < 1e-15 && b-a < 1e-15 })
