package config

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Lambda is all settings of one function of the serverless home. Functions differ
// only in Handler and in their credentials.
type Lambda struct {
	// Handler (_HANDLER) says which function this process is.
	Handler string
	// Table (MARU_TABLE) is the name of the DynamoDB table, Region (AWS_REGION) its
	// region.
	Table, Region string
	// DynamoDBURL (MARU_DYNAMODB_URL) is the address of DynamoDB Local; empty in
	// AWS.
	DynamoDBURL string
	Credentials Credentials
	// CallbackURL (MARU_CALLBACK_URL) is where pushes are sent:
	// https://{api}/{stage} of the WebSocket API.
	CallbackURL string
	// PublicURL (MARU_PUBLIC_URL) is the origin of the page. Origins are all that
	// may use this Maru: that one first, then those of MARU_ORIGINS, which are
	// separated by commas.
	PublicURL string
	Origins   []string
	// SocketURL (MARU_SOCKET_URL) is where browsers open sockets. APIURL
	// (MARU_API_URL) is the prefix of the paths of the HTTP API; empty where the
	// page's own host forwards them.
	SocketURL, APIURL string
	// Classic (MARU_CLASSIC, true unless set) answers the classic API.
	Classic bool
	// Rates (MARU_RATES) can be off only where the table is on this machine.
	Rates Rates
	// SocketsPerUser (MARU_SOCKETS_PER_USER, 20 unless set) is how many
	// connections one user may have open.
	SocketsPerUser int
}

// Credentials sign requests to AWS. Lambda sets them as AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
type Credentials struct{ KeyID, Secret, Session string }

// ParseLambda reads the settings of a function through getenv, checks them, and
// rewrites origins to the form that browsers send. The error names the first
// setting that cannot work, and never holds a secret.
func ParseLambda(getenv func(name string) string) (*Lambda, error) {
	l := &Lambda{
		Handler:     getenv("_HANDLER"),
		Table:       getenv("MARU_TABLE"),
		Region:      getenv("AWS_REGION"),
		DynamoDBURL: getenv("MARU_DYNAMODB_URL"),
		Credentials: Credentials{
			KeyID: getenv("AWS_ACCESS_KEY_ID"), Secret: getenv("AWS_SECRET_ACCESS_KEY"), Session: getenv("AWS_SESSION_TOKEN"),
		},
		CallbackURL: strings.TrimSuffix(getenv("MARU_CALLBACK_URL"), "/"),
		SocketURL:   getenv("MARU_SOCKET_URL"),
		APIURL:      strings.TrimSuffix(getenv("MARU_API_URL"), "/"),
		Classic:     true,
	}
	if err := l.requireAll(); err != nil {
		return nil, err
	}
	if err := l.checkAddresses(); err != nil {
		return nil, err
	}
	if err := l.readOrigins(getenv("MARU_PUBLIC_URL"), getenv("MARU_ORIGINS")); err != nil {
		return nil, err
	}
	if err := l.readSwitches(getenv("MARU_CLASSIC"), getenv("MARU_RATES")); err != nil {
		return nil, err
	}
	if err := l.readBounds(getenv("MARU_SOCKETS_PER_USER")); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *Lambda) readBounds(sockets string) error {
	l.SocketsPerUser = 20
	if sockets == "" {
		return nil
	}
	n, err := strconv.Atoi(sockets)
	if err != nil || n < 1 {
		return fmt.Errorf("MARU_SOCKETS_PER_USER must be a number of at least 1, not %q", sockets)
	}
	l.SocketsPerUser = n
	return nil
}

func (l *Lambda) requireAll() error {
	for _, required := range []struct{ name, value string }{
		{"_HANDLER", l.Handler},
		{"MARU_TABLE", l.Table},
		{"AWS_REGION", l.Region},
		{"AWS_ACCESS_KEY_ID", l.Credentials.KeyID},
		{"AWS_SECRET_ACCESS_KEY", l.Credentials.Secret},
	} {
		if required.value == "" {
			return fmt.Errorf("%s must be set", required.name)
		}
	}
	return nil
}

func (l *Lambda) checkAddresses() error {
	for _, address := range []struct {
		name, value string
		isOptional  bool
		schemes     [2]string
	}{
		{name: "MARU_CALLBACK_URL", value: l.CallbackURL, schemes: [2]string{"http", "https"}},
		{name: "MARU_SOCKET_URL", value: l.SocketURL, schemes: [2]string{"ws", "wss"}},
		{name: "MARU_API_URL", value: l.APIURL, schemes: [2]string{"http", "https"}, isOptional: true},
		{name: "MARU_DYNAMODB_URL", value: l.DynamoDBURL, schemes: [2]string{"http", "https"}, isOptional: true},
	} {
		if address.value == "" && address.isOptional {
			continue
		}
		u, err := url.Parse(address.value)
		if err != nil || u.Host == "" || u.Scheme != address.schemes[0] && u.Scheme != address.schemes[1] {
			return fmt.Errorf("%s must begin with %s:// or %s:// and a host: %q",
				address.name, address.schemes[0], address.schemes[1], address.value)
		}
	}
	return nil
}

func (l *Lambda) readOrigins(publicURL, others string) error {
	origin, err := parseOrigin("MARU_PUBLIC_URL", publicURL)
	if err != nil {
		return err
	}
	l.PublicURL, l.Origins = origin, []string{origin}
	for text := range strings.SplitSeq(others, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		origin, err := parseOrigin("MARU_ORIGINS", text)
		if err != nil {
			return err
		}
		l.Origins = append(l.Origins, origin)
	}
	return nil
}

func (l *Lambda) readSwitches(classic, rates string) error {
	if classic != "" {
		isOn, err := strconv.ParseBool(classic)
		if err != nil {
			return fmt.Errorf("MARU_CLASSIC must be true or false, not %q", classic)
		}
		l.Classic = isOn
	}
	if rates == "" {
		rates = "default"
	}
	if err := l.Rates.UnmarshalText([]byte(rates)); err != nil {
		return fmt.Errorf("MARU_RATES: %w", err)
	}
	if l.Rates.IsOff && !l.isLocal() {
		return fmt.Errorf("MARU_RATES can be off only where MARU_DYNAMODB_URL is a loopback address, not %q", l.DynamoDBURL)
	}
	return nil
}

// isLocal reports whether the table is on this machine.
func (l *Lambda) isLocal() bool {
	u, err := url.Parse(l.DynamoDBURL)
	if err != nil || u.Host == "" {
		return false
	}
	return isLoopback(net.JoinHostPort(u.Hostname(), "0"))
}
