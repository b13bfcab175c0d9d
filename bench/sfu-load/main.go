// SPDX-License-Identifier: EUPL-1.2

// sfu-load measures a media server with the stock LiveKit Go SDK as its clients: packets forwarded per CPU-second,
// CPU per media join and memory. Given two servers it runs them interleaved (A-B-B-A) and prints ratios.
// Only the server process is measured (/proc/PID); wall-clock time is never a result.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

var (
	konventAt   = flag.String("konvent", "", "path of the program `konvent`")
	livekitAt   = flag.String("livekit", "", "path of a livekit-server to compare with")
	pairs       = flag.Int("pairs", 1, "runs of each server; two servers alternate A-B-B-A")
	seconds     = flag.Int("seconds", 8, "length of one forwarding measurement")
	joins       = flag.Int("joins", 50, "clients that join at the same moment")
	subscribers = flag.String("subscribers", "20,50,100", "subscribers of the one publisher, one measurement each")
	gallery     = flag.Int("gallery", 25, "people who all show a camera in three layers and a microphone; 0: no such measurement")
	listeners   = flag.Int("listeners", 30, "people who listen to eight microphones; 0: no such measurement")
)

func main() {
	flag.Parse()
	lksdk.SetLogger(logger.GetDiscardLogger())
	logger.SetLogger(logger.GetDiscardLogger(), "")
	audience, err := numbers(*subscribers)
	check(err)
	kinds := []kind{}
	for _, candidate := range []kind{{"konvent", *konventAt}, {"livekit", *livekitAt}} {
		if candidate.binary != "" {
			kinds = append(kinds, candidate)
		}
	}
	if len(kinds) == 0 {
		check(fmt.Errorf("name a server with -konvent or -livekit"))
	}
	seen := &results{}
	for pair := range *pairs {
		order := append([]kind{}, kinds...)
		if pair%2 == 1 && len(order) == 2 {
			order[0], order[1] = order[1], order[0]
		}
		for _, server := range order {
			check(measure(server, audience, seen))
		}
	}
	seen.print(kinds)
}

// measure starts one fresh server, runs every scenario against it and adds what it saw.
func measure(server kind, audience []int, seen *results) error {
	process, err := server.start()
	if err != nil {
		return err
	}
	defer process.stop()
	idle := process.rss()
	seen.add("sfu idle memory", "MB", server, float64(idle)/1e6)

	cpu, err := burst(process, *joins)
	if err != nil {
		return fmt.Errorf("%s, %d joins: %w", server.name, *joins, err)
	}
	seen.add(fmt.Sprintf("sfu CPU per media join (burst of %d)", *joins), "ms", server, cpu.Seconds()*1e3/float64(*joins))

	for _, count := range audience {
		run, err := forward(process, count, time.Duration(*seconds)*time.Second)
		if err != nil {
			return fmt.Errorf("%s, 1 to %d: %w", server.name, count, err)
		}
		scenario := fmt.Sprintf("1 to %d", count)
		report(seen, server, scenario, run, idle, count)
		delivered(seen, server, scenario, run, run.sent*int64(count))
	}
	const speakers = 8
	length := time.Duration(*seconds) * time.Second
	if *listeners > 0 {
		scenario := fmt.Sprintf("audio %d to %d", speakers, *listeners)
		people := speakers + *listeners
		run, err := together(process, people, speakers, false, length)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", server.name, scenario, err)
		}
		report(seen, server, scenario, run, idle, people)
		delivered(seen, server, scenario, run, run.sent*int64(people-1))
	}
	if *gallery > 0 {
		scenario := fmt.Sprintf("gallery of %d", *gallery)
		run, err := together(process, *gallery, *gallery, true, length)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", server.name, scenario, err)
		}
		report(seen, server, scenario, run, idle, *gallery)
		seen.add("sfu packets per second ("+scenario+")", "packets", server, float64(run.packets)/length.Seconds())
	}
	return nil
}

// report adds what one scenario showed.
func report(seen *results, server kind, scenario string, run run, idle int64, subscribers int) {
	name := func(what string) string { return "sfu " + what + " (" + scenario + ")" }
	seen.add(name("packets per CPU-second"), "packets", server, float64(run.packets)/run.cpu.Seconds())
	seen.add(name("memory per subscriber"), "MB", server, float64(run.rss-idle)/1e6/float64(subscribers))
	run.counters.tell(seen, server, scenario)
}

// delivered adds the share of the packets that came, where it is known how many should.
func delivered(seen *results, server kind, scenario string, run run, wanted int64) {
	share := 100 * float64(run.packets) / float64(wanted)
	if share < 98 {
		fmt.Fprintf(os.Stderr, "sfu-load: %s, %s: only %.1f %% were delivered, this run does not count\n", server.name, scenario, share)
	}
	seen.add("sfu packets delivered ("+scenario+")", "%", server, share)
}

// together measures a meeting in which some speak, with or without a camera.
func together(server *running, people, speakers int, cameras bool, length time.Duration) (run, error) {
	meeting, err := meet(server, fmt.Sprintf("together-%d-%d", people, speakers), people, speakers, cameras)
	if err != nil {
		return run{}, err
	}
	defer meeting.end()
	return watch(server, length, meeting.sent.Load, meeting.received.Load)
}

func numbers(list string) ([]int, error) {
	found := []int{}
	for _, word := range strings.Split(list, ",") {
		number, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		found = append(found, number)
	}
	return found, nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "sfu-load:", err)
		os.Exit(1)
	}
}
