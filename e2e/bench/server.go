package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/maru-chat/maru/e2e/resident"
)

// bench is the settings of a measurement and what its runs share.
type bench struct {
	runs    int
	span    time.Duration // how long a load is measured
	program string        // the binary to measure
	folder  string        // of all data, removed at the end
	// prepared has the data folders that several runs of a scenario use.
	prepared map[string]*prepared
}

// server is the program under measurement.
type server struct {
	*resident.Server
	metrics string
}

// start runs the program on a data folder, or on a new one for "".
func (b *bench) start(ctx context.Context, data string) (*server, error) {
	if data == "" {
		var err error
		if data, err = os.MkdirTemp(b.folder, "data-"); err != nil {
			return nil, err
		}
	}
	metrics, err := resident.FreeAddr()
	if err != nil {
		return nil, err
	}
	s, err := resident.New(ctx, resident.Options{
		Program: b.program, Data: data,
		Args: []string{"--metrics-addr", metrics}, Env: []string{"MARU_RATES=off"},
	})
	return &server{Server: s, metrics: "http://" + metrics + "/metrics"}, err
}

// clockTick is the unit of the times in /proc/PID/stat, 1/USER_HZ: Linux fixes
// USER_HZ at 100 for all programs.
const clockTick = 10 * time.Millisecond

// cpu returns the processor time that the server has used.
func (s *server) cpu() (time.Duration, error) { return cpuOf(s.PID()) }

// cpuOf returns the processor time that a process has used, user and system.
func cpuOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// proc(5): after the name in parentheses, utime and stime are the 12th and 13th.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, errUser := strconv.Atoi(fields[11])
	system, errSystem := strconv.Atoi(fields[12])
	if errUser != nil || errSystem != nil {
		return 0, fmt.Errorf("cannot read %q", text)
	}
	return time.Duration(user+system) * clockTick, nil
}

// memory returns the server's resident memory in bytes.
func (s *server) memory() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.PID()))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize(), err
}
