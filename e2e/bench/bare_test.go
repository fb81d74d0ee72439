package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

func TestBare_Set(t *testing.T) {
	t.Parallel()
	want := bare{rooms: 200, listeners: 10, posts: 2000}
	var got bare
	if err := got.Set(want.String()); err != nil || got != want {
		t.Errorf("%q: %v, %v; want %v", want, got, err, want)
	}
	if err := got.Set("200 rooms"); err == nil {
		t.Error("200 rooms: no error")
	}
}

func TestBare_serve(t *testing.T) {
	t.Parallel()
	b := bare{rooms: 3, listeners: 2, posts: 1000}
	in, ends := io.Pipe()
	out, prints := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- b.serve(t.Context(), in, prints) }()
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conns := make([]net.Conn, b.rooms*b.listeners)
	for i := range conns {
		if conns[i], err = net.Dial("tcp", strings.TrimSpace(addr)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conns[i].Close() })
	}
	for i, conn := range conns {
		if _, err := io.ReadFull(conn, make([]byte, bareFrame)); err != nil {
			t.Errorf("listener %d: %v", i, err)
		}
	}
	_ = ends.Close()
	if err := <-served; err != nil {
		t.Errorf("after its input had ended: %v", err)
	}
}

func TestBare_serve_endsWithoutListeners(t *testing.T) {
	t.Parallel()
	in, ends := io.Pipe()
	out, prints := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- bare{rooms: 1, listeners: 1, posts: 1}.serve(t.Context(), in, prints) }()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	_ = ends.Close()
	if err := <-served; err == nil {
		t.Error("its input ended before anybody listened, and it says that it has written")
	}
}
