package main

import "context"

// scenario is one thing that is measured.
type scenario struct {
	name, what string
	measure    func(ctx context.Context, b *bench) ([]figure, error)
}

// scenarios is all that is measured, with the bars that a first Maru must reach.
// A figure without a bar is for information.
var scenarios = []scenario{
	{"posts-1", "durable acknowledged posts, 1 sender in its room", posts(1, 0)},
	{"posts-16", "durable acknowledged posts, 16 senders in as many rooms", posts(16, 0)},
	{"posts-256", "durable acknowledged posts, 256 senders in as many rooms", posts(256, 8000)},
	{"fanout-1x1000", "1 room of 1,000 listeners at 30,000 deliveries a second", fanout{
		rooms: 1, listeners: 1000, senders: 6, posts: 30, bar: 13,
	}.measure},
	{"fanout-200x10", "200 rooms of 10 listeners at 20,000 deliveries a second", fanout{
		rooms: 200, listeners: 10, senders: 1, posts: 2000, bar: 22,
	}.measure},
	{"saturated", "1 room of 1,000 listeners, as fast as it goes", fanout{
		rooms: 1, listeners: 1000, senders: 32, bar: 2,
	}.measure},
	{"idle", "10,000 idle joined connections", idle},
	{"reading", "a page of history and a search in a room of 100,000 messages", reading},
	{"cold", "the start of each function of the serverless home", cold},
}
