package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
)

// bareFrame is about the length in bytes of the frame that tells a listener of a
// post in this bench.
const bareFrame = 307

// bare is a process that does nothing but write: for each post, one frame to each
// listener of one room. No server can do a fan-out with less. What it takes
// differs more between machines, and between hours on a shared machine, than
// between servers.
type bare struct {
	rooms     int
	listeners int // in each room
	posts     int // a second, in all rooms together
}

// bareFlag is the flag that makes this program such a process.
const bareFlag = "bare"

func (b bare) String() string { return fmt.Sprintf("%dx%d@%d", b.rooms, b.listeners, b.posts) }

// Set implements flag.Value.
func (b *bare) Set(text string) error {
	_, err := fmt.Sscanf(text, "%dx%d@%d", &b.rooms, &b.listeners, &b.posts)
	return err
}

// serve prints its address, accepts as many connections as there are listeners,
// and writes to them until its input ends.
func (b bare) serve(ctx context.Context, in io.Reader, out io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(ctx, func() { _ = listener.Close() }) // ends an Accept that waits
	go func() {
		_, _ = io.Copy(io.Discard, in)
		stop()
	}()
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	conns := make([]net.Conn, b.rooms*b.listeners)
	for i := range conns {
		if conns[i], err = listener.Accept(); err != nil {
			return err
		}
	}
	b.write(ctx, conns)
	return nil
}

// write writes to one room after the other at the rate of the posts.
func (b bare) write(ctx context.Context, conns []net.Conn) {
	frame := []byte(strings.Repeat("x", bareFrame))
	every := time.Second / time.Duration(b.posts)
	due := time.Now()
	for room := 0; pause(ctx, time.Until(due)) == nil; room = (room + 1) % b.rooms {
		for _, conn := range conns[room*b.listeners : (room+1)*b.listeners] {
			if _, err := conn.Write(frame); err != nil {
				return // listeners disconnect when they have counted enough
			}
		}
		due = due.Add(every)
	}
}

// measure runs the process and returns the CPU seconds that it takes for a
// million frames.
func (b bare) measure(ctx context.Context, span time.Duration) (seconds float64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	process := exec.CommandContext(ctx, self, "-"+bareFlag, b.String())
	process.Stderr = os.Stderr
	in, errIn := process.StdinPipe()
	out, errOut := process.StdoutPipe()
	if err := errors.Join(errIn, errOut); err != nil {
		return 0, err
	}
	if err := process.Start(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, in.Close(), process.Wait()) }()
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return 0, err
	}
	read, conns, err := b.listen(ctx, strings.TrimSpace(addr))
	defer func() {
		for _, conn := range conns {
			_ = conn.Close()
		}
	}()
	if err == nil {
		err = pause(ctx, warmUp)
	}
	if err != nil {
		return 0, err
	}
	return b.watch(ctx, process.Process.Pid, read, span)
}

// listen connects the listeners and counts the bytes that they receive.
func (b bare) listen(ctx context.Context, addr string) (read *atomic.Int64, conns []net.Conn, err error) {
	read = new(atomic.Int64)
	for range b.rooms * b.listeners {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, conns, err
		}
		conns = append(conns, conn)
		go func() {
			buf := make([]byte, 4<<10)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				read.Add(int64(n))
			}
		}()
	}
	return read, conns, nil
}

func (b bare) watch(ctx context.Context, pid int, read *atomic.Int64, span time.Duration) (float64, error) {
	bytes := read.Load()
	cpu, err := cpuOf(pid)
	if err != nil {
		return 0, err
	}
	if err := pause(ctx, span); err != nil {
		return 0, err
	}
	cpuAfter, err := cpuOf(pid)
	frames := (read.Load() - bytes) / bareFrame
	if frames == 0 {
		return 0, errNothing
	}
	return (cpuAfter - cpu).Seconds() / float64(frames) * 1e6, err
}
