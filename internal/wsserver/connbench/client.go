package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// target is a running server and the connections that were opened to it.
type target struct {
	cmd             *exec.Cmd
	socket, control string
	conns           []net.Conn
}

func start(name string) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	t := &target{cmd: exec.Command(self, "-serve", name)}
	t.cmd.Stderr = os.Stderr
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := fmt.Fscan(out, &t.socket, &t.control); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *target) stop() {
	t.hangUp()
	_ = t.cmd.Process.Kill()
	_ = t.cmd.Wait()
}

// hangUp closes the connections and waits until nothing holds them here.
func (t *target) hangUp() {
	for _, c := range t.conns {
		_ = c.Close()
	}
	t.conns = nil
}

const handshake = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Origin: http://127.0.0.1\r\nUser-Agent: connbench\r\nAccept-Encoding: gzip\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: maru.v1\r\n\r\n"

// open opens n more connections and upgrades them.
func (t *target) open(n int) error {
	for range n {
		c, err := net.Dial("tcp", t.socket)
		if err != nil {
			return err
		}
		t.conns = append(t.conns, c)
		if _, err := c.Write([]byte(handshake)); err != nil {
			return err
		}
		res, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
		if err != nil {
			return err
		}
		if res.StatusCode != http.StatusSwitchingProtocols {
			return fmt.Errorf("upgrade answered %s", res.Status)
		}
	}
	return nil
}

// discard reads and forgets what arrives.
func (t *target) discard() {
	for _, c := range t.conns {
		go func() {
			buf := make([]byte, 8<<10)
			for {
				if _, err := c.Read(buf); err != nil {
					return
				}
			}
		}()
	}
}

func (t *target) post(path string) error {
	res, err := http.Post("http://"+t.control+path, "", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(path + ": " + res.Status)
	}
	return nil
}

func (t *target) usage() (u usage, err error) {
	res, err := http.Get("http://" + t.control + "/usage")
	if err != nil {
		return u, err
	}
	defer res.Body.Close()
	return u, json.NewDecoder(res.Body).Decode(&u)
}

func (p plan) measure(name string) (figures, error) {
	t, err := start(name)
	if err != nil {
		return figures{}, err
	}
	defer t.stop()
	var f figures
	if err := p.measureIdle(t, &f); err != nil {
		return f, err
	}
	t.hangUp()
	if err := t.post("/forget"); err != nil {
		return f, err
	}
	time.Sleep(time.Second)
	if err := t.open(p.listeners); err != nil {
		return f, err
	}
	t.discard()
	span := "?span=" + p.span.String()
	if f.paced, err = t.deliveries("/pace" + span); err != nil {
		return f, err
	}
	f.saturated, err = t.deliveries("/saturate" + span)
	return f, err
}

func (p plan) measureIdle(t *target, f *figures) error {
	before, err := t.usage()
	if err != nil {
		return err
	}
	if err := t.open(p.idle); err != nil {
		return err
	}
	after, err := t.usage()
	if err != nil {
		return err
	}
	f.connect = float64((after.CPU - before.CPU).Microseconds()) / float64(p.idle)
	time.Sleep(3 * time.Second)
	settled, err := t.usage()
	if err != nil {
		return err
	}
	if err := t.post("/collect"); err != nil {
		return err
	}
	collected, err := t.usage()
	if err != nil {
		return err
	}
	f.settled = float64(settled.RSS-before.RSS) / float64(p.idle) / 1000
	f.collected = float64(collected.RSS-before.RSS) / float64(p.idle) / 1000
	return nil
}

// deliveries runs the server's load and returns CPU seconds per million deliveries.
func (t *target) deliveries(path string) (float64, error) {
	before, err := t.usage()
	if err != nil {
		return 0, err
	}
	if err := t.post(path); err != nil {
		return 0, err
	}
	after, err := t.usage()
	if err != nil {
		return 0, err
	}
	return (after.CPU - before.CPU).Seconds() / float64(after.Delivered-before.Delivered) * 1e6, nil
}
