// SPDX-License-Identifier: EUPL-1.2

// Command signaling-load measures `konvent serve` from outside: start-up, idle memory, and people who join and chat over
// real WebSockets. It is no test. Only the server process is measured, from /proc.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"time"
)

func main() {
	konvent := flag.String("konvent", "target/release/konvent", "the program under test")
	sizes := flag.String("people", "200,1000", "how many people join, one meeting each")
	messages := flag.Int("messages", 50, "chat messages sent in each meeting")
	flag.Parse()
	folder, err := os.MkdirTemp("", "konvent-bench-")
	check(err)
	defer os.RemoveAll(folder)

	first := start(*konvent, folder)
	first.setUp()
	first.stop()
	report("start to first answered request", median(5, func() float64 {
		again := start(*konvent, folder)
		defer again.stop()
		return again.startup.Seconds() * 1000
	}), "ms")

	server := start(*konvent, folder)
	defer server.stop()
	person := server.login()
	time.Sleep(3 * time.Second)
	idle := server.rss()
	report("idle memory of konvent serve", float64(idle)/1e6, "MB")

	previous := load{}
	for _, word := range strings.Split(*sizes, ",") {
		count, err := strconv.Atoi(word)
		check(err)
		current := server.meeting(person, count, *messages)
		current.report()
		if previous.people > 0 {
			grown := float64(current.memory-previous.memory) / float64(current.people-previous.people)
			report(fmt.Sprintf("memory per participant, %d to %d", previous.people, current.people), grown/1000, "kB")
		}
		previous = current
	}
}

// load is what one meeting cost.
type load struct {
	people          int
	joined          int
	wall            time.Duration
	cpu             time.Duration
	memory          int64
	sent, delivered int64
	chatCPU         time.Duration
	largestWelcome  int64
}

func (l load) report() {
	at := fmt.Sprintf("%d people", l.people)
	report("joined, "+at, float64(l.joined), "of "+strconv.Itoa(l.people))
	report("time until all have joined, "+at, l.wall.Seconds(), "s (not a result: depends on the machine)")
	report("CPU per join, "+at, l.cpu.Seconds()*1000/float64(l.people), "ms")
	report("largest first frame, "+at, float64(l.largestWelcome)/1000, "kB")
	expected := l.sent * int64(l.people)
	report("chat messages delivered, "+at, float64(l.delivered)*100/float64(expected), "%")
	report("chat deliveries per CPU-second, "+at, float64(l.delivered)/l.chatCPU.Seconds(), "1/s")
	report("CPU per chat delivery, "+at, l.chatCPU.Seconds()*1e6/float64(l.delivered), "us")
}

// meeting lets people join one new meeting all at once, as guests by its link, and one of them chat.
func (s *server) meeting(person string, count, messages int) load {
	room, code := s.room(person)
	before, began := s.cpu(), time.Now()
	people := make([]*guest, count)
	var arriving sync.WaitGroup
	// As many at a time as a browser rush makes, few enough for this client's share of the machine.
	places := make(chan struct{}, 64)
	for i := range people {
		arriving.Add(1)
		places <- struct{}{}
		go func() {
			defer arriving.Done()
			defer func() { <-places }()
			people[i] = s.join(room, code, i)
		}()
	}
	arriving.Wait()
	result := load{people: count, wall: time.Since(began)}
	s.settle()
	result.cpu = s.cpu() - before
	for _, one := range people {
		if one != nil {
			result.joined++
			result.largestWelcome = max(result.largestWelcome, one.welcome)
		}
	}
	result.memory = s.rss()

	before = s.cpu()
	speaker := people[0]
	// Ten a second is what a connection may send for long (profile: burst 30).
	for i := range messages {
		speaker.say(fmt.Sprintf("Message %d of a council that has much to say about the bridge at the mill", i))
		time.Sleep(110 * time.Millisecond)
	}
	s.settle()
	result.chatCPU = s.cpu() - before
	result.sent = int64(messages)
	for _, one := range people {
		if one != nil {
			result.delivered += one.heard.Load()
			one.leave()
		}
	}
	s.settle()
	return result
}

// settle waits until the server has done what it was asked: hardly any CPU for a second.
func (s *server) settle() {
	for range 60 {
		before := s.cpu()
		time.Sleep(time.Second)
		if s.cpu()-before <= 20*time.Millisecond {
			return
		}
	}
	fmt.Fprintln(os.Stderr, "bench: the server did not come to rest within a minute")
	os.Exit(1)
}

func median(runs int, measure func() float64) float64 {
	figures := make([]float64, runs)
	for i := range figures {
		figures[i] = measure()
	}
	slices.Sort(figures)
	return figures[runs/2]
}

func report(name string, value float64, unit string) {
	fmt.Printf("%s: %s %s\n", name, strconv.FormatFloat(value, 'f', -1, 64)[:min(8, len(strconv.FormatFloat(value, 'f', -1, 64)))], unit)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
