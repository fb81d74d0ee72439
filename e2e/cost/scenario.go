package main

import "github.com/maru-chat/maru/internal/apigw"

// The names of the counts, in counts.json and on the page.
const (
	MessageTo1    = "a message to 1 connection"
	MessageTo10   = "a message to 10 connections"
	MessageTo30   = "a message to 30 connections"
	MessageTo100  = "a message to 100 connections"
	MessageTo1000 = "a message to 1,000 connections"
	Burst         = "a burst of 50 messages to 100 connections"
	BurstTo1000   = "a burst of 50 messages to 1,000 connections"
	Mention       = "a message to 10 connections that names one member"
	Reaction      = "a reaction in a room of 10"
	Edit          = "an edit in a room of 10"
	Deletion      = "a deletion in a room of 10"
	Typing        = "a sign of typing in a room of 10"
	ReadMark      = "a read mark"
	Connect       = "a connect"
	Disconnect    = "a disconnect of one who listens to 10 rooms"
	Join          = "a join with a snapshot"
	Rejoin        = "10 joins in one message, nothing missed"
	Heartbeat     = "a heartbeat for one room"
	HeartbeatAll  = "a heartbeat for 10 rooms"
	BeatScreen    = "a heartbeat for one room and who is present, in one message"
	BeatAll       = "a heartbeat for 10 rooms and who is present, in one message"
	Presence      = "who is present in a room of 10"
	RoomList      = "the list of one's 10 rooms"
	MemberList    = "the list of 10 members"
	History       = "a page of history: 50 posts"
	Search        = "a search that finds its page at once"
	SearchAll     = "a search of 1,000 posts in vain"
)

// A burst is BurstMessages within a second. Lambda documents that it reads each
// shard of a stream four times a second, so they come in burstBatches.
const (
	BurstMessages = 50
	burstBatches  = 4
)

// lostSlots is how many slots a message is assumed to lose when BurstMessages
// people write at once: TestStore_Append_crowd of dynamostore logged 6 to 8
// attempts a post in seven runs on DynamoDB Local (November 2026), of which the
// last one succeeds. The test fails above 10 attempts.
const lostSlots = 6

// maxDirect is how many connections the sender's own function pushes to at most.
const maxDirect = apigw.MaxDirect
