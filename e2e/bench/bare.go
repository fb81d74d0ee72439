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

// bareFrame is about as long as the frame that tells a listener of a post of
// this bench, in bytes.
const bareFrame = 307

// bare is a process that does nothing but write: at each turn one frame to each
// listener of one room. What that takes is the part of a fan-out which no server
// can save, and it differs more from machine to machine, and from hour to hour
// on a shared one, than servers differ from each other.
type bare struct {
	rooms, listeners, posts int
}

// bareFlag makes this program such a process.
const bareFlag = "bare"

func (b bare) String() string { return fmt.Sprintf("%dx%d@%d", b.rooms, b.listeners, b.posts) }

// Set implements flag.Value.
func (b *bare) Set(text string) error {
	_, err := fmt.Sscanf(text, "%dx%d@%d", &b.rooms, &b.listeners, &b.posts)
	return err
}

// serve prints its address, takes as many connections as there are listeners,
// and writes to them until its input ends.
func (b bare) serve(ctx context.Context, in io.Reader, out io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(ctx, func() { _ = listener.Close() }) // also while it waits for listeners
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

// write goes round the rooms at the pace of the posts.
func (b bare) write(ctx context.Context, conns []net.Conn) {
	frame := []byte(strings.Repeat("x", bareFrame))
	every := time.Second / time.Duration(b.posts)
	due := time.Now()
	for room := 0; pause(ctx, time.Until(due)) == nil; room = (room + 1) % b.rooms {
		for _, conn := range conns[room*b.listeners : (room+1)*b.listeners] {
			if _, err := conn.Write(frame); err != nil {
				return // the listeners go when they have counted enough
			}
		}
		due = due.Add(every)
	}
}

// measure returns the processor seconds for a million of such writes.
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

// listen connects the listeners and counts the bytes that come.
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
