package transcript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/maru-chat/maru/internal/chat"
)

// values are the variables of a run: strings and json.Numbers by name.
type values map[string]any

// rest is the key that stands for "and further fields" in a pattern.
const rest = "..."

// parsePattern parses expected JSON, in which an object may end in "...".
func parsePattern(text string) (any, error) {
	text = strings.ReplaceAll(text, ",...}", `,"...":0}`)
	text = strings.ReplaceAll(text, ", ...}", `,"...":0}`)
	return parseJSON([]byte(text))
}

func parseJSON(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	if dec.More() {
		return nil, fmt.Errorf("more than one value: %s", text)
	}
	return v, nil
}

// match compares got with want, and sets the variables of want that are not set
// yet.
func match(want, got any, vars values) error {
	switch w := want.(type) {
	case map[string]any:
		return matchObject(w, got, vars)
	case []any:
		return matchArray(w, got, vars)
	case string:
		return matchString(w, got, vars)
	default:
		if want != got {
			return fmt.Errorf("is %v, want %v", got, want)
		}
		return nil
	}
}

func matchObject(want map[string]any, got any, vars values) error {
	object, isObject := got.(map[string]any)
	if !isObject {
		return fmt.Errorf("is %v, want an object", got)
	}
	isKnown := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if key == rest {
			continue
		}
		name, err := vars.expand(key)
		if err != nil {
			return err
		}
		isKnown[name] = true
		value, has := object[name]
		if !has {
			return fmt.Errorf("%s is missing", name)
		}
		if err := match(want[key], value, vars); err != nil {
			return fmt.Errorf("%s %w", name, err)
		}
	}
	if _, isOpen := want[rest]; isOpen {
		return nil
	}
	for key := range object {
		if !isKnown[key] {
			return fmt.Errorf("%s was not expected", key)
		}
	}
	return nil
}

func matchArray(want []any, got any, vars values) error {
	array, isArray := got.([]any)
	if !isArray {
		return fmt.Errorf("is %v, want an array", got)
	}
	if len(want) > 0 && want[0] == "<set>" {
		return matchSet(want[1:], array, vars)
	}
	if len(want) != len(array) {
		return fmt.Errorf("has %d elements, want %d", len(array), len(want))
	}
	for i := range want {
		if err := match(want[i], array[i], vars); err != nil {
			return fmt.Errorf("[%d] %w", i, err)
		}
	}
	return nil
}

// matchSet pairs each expected value with one that came. The error says why the
// first expected value matches none.
func matchSet(want, got []any, vars values) error {
	if len(want) != len(got) {
		return fmt.Errorf("has %d elements, want %d", len(got), len(want))
	}
	if len(want) == 0 {
		return nil
	}
	var reasons []string
	for i := range got {
		trial := maps.Clone(vars)
		err := match(want[0], got[i], trial)
		if err == nil {
			err = matchSet(want[1:], slices.Delete(slices.Clone(got), i, i+1), trial)
		}
		if err == nil {
			maps.Copy(vars, trial)
			return nil
		}
		reasons = append(reasons, err.Error())
	}
	return fmt.Errorf("no order fits: %s", strings.Join(reasons, "; "))
}

// A cursor as it is written, and the kinds of values that cannot be known.
var (
	cursorForm = regexp.MustCompile(`^[1-9][0-9]*\.[0-9a-f]{8}$`)
	variable   = regexp.MustCompile(`^\$([A-Za-z][A-Za-z0-9]*)$`)
	wildcards  = map[string]func(any) bool{
		"<any>":    func(any) bool { return true },
		"<int>":    isInt,
		"<text>":   func(v any) bool { s, is := v.(string); return is && s != "" },
		"<id>":     func(v any) bool { s, is := v.(string); return is && chat.EntryID(s).Valid() },
		"<cursor>": func(v any) bool { s, is := v.(string); return is && cursorForm.MatchString(s) },
		"<time>":   isRecent,
	}
)

func isInt(v any) bool {
	n, isNumber := v.(json.Number)
	_, err := strconv.ParseInt(n.String(), 10, 64)
	return isNumber && err == nil
}

// isRecent accepts milliseconds since 1970 from the years 2020 to 2099.
func isRecent(v any) bool {
	n, isNumber := v.(json.Number)
	ms, err := n.Int64()
	return isNumber && err == nil && ms > 1_600_000_000_000 && ms < 4_100_000_000_000
}

func matchString(want string, got any, vars values) error {
	if is, isWildcard := wildcards[want]; isWildcard {
		if !is(got) {
			return fmt.Errorf("is %v, want %s", got, want)
		}
		return nil
	}
	if seq, isCursor := strings.CutPrefix(want, "<cursor:"); isCursor {
		return matchCursor(strings.TrimSuffix(seq, ">"), got, vars)
	}
	if name := variable.FindStringSubmatch(want); name != nil {
		known, isKnown := vars[name[1]]
		if !isKnown {
			vars[name[1]] = got
			return nil
		}
		if known != got {
			return fmt.Errorf("is %v, want %v (%s)", got, known, want)
		}
		return nil
	}
	text, err := vars.expand(want)
	if err != nil {
		return err
	}
	if got != text {
		return fmt.Errorf("is %v, want %q", got, text)
	}
	return nil
}

func matchCursor(seq string, got any, vars values) error {
	seq, err := vars.expand(seq)
	if err != nil {
		return err
	}
	text, _ := got.(string)
	if !cursorForm.MatchString(text) || !strings.HasPrefix(text, seq+".") {
		return fmt.Errorf("is %v, want a cursor of seq %s", got, seq)
	}
	return nil
}

var (
	quoted = regexp.MustCompile(`"\$([A-Za-z][A-Za-z0-9]*)"`)
	within = regexp.MustCompile(`\$([A-Za-z][A-Za-z0-9]*)`)
)

// expand replaces the variables in a text by their values.
func (v values) expand(text string) (string, error) {
	var unknown []string
	expanded := within.ReplaceAllStringFunc(text, func(found string) string {
		value, isKnown := v[found[1:]]
		if !isKnown {
			unknown = append(unknown, found)
		}
		return fmt.Sprint(value)
	})
	if unknown != nil {
		return "", fmt.Errorf("%s is not known yet", strings.Join(unknown, ", "))
	}
	return expanded, nil
}

// expandJSON is expand for JSON: a string that consists of one variable becomes the
// variable's value, which may be a number.
func (v values) expandJSON(text string) (string, error) {
	text = quoted.ReplaceAllStringFunc(text, func(found string) string {
		value, isKnown := v[strings.Trim(found, `"$`)]
		encoded, err := json.Marshal(value)
		if !isKnown || err != nil {
			return found // expand says that it is unknown
		}
		return string(encoded)
	})
	return v.expand(text)
}
