// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
)

// counters are what a server tells under /metrics, by name; nil: it tells nothing.
type counters map[string]float64

func (p *running) counters() (counters, error) {
	if p.metrics == "" {
		return nil, nil
	}
	response, err := http.Get(p.metrics)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	found := counters{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if number, err := strconv.ParseFloat(value, 64); err == nil {
			found[strings.TrimPrefix(name, "konvent_media_")] = number
		}
	}
	return found, lines.Err()
}

func (c counters) since(before counters) counters {
	passed := counters{}
	for name, value := range c {
		passed[name] = value - before[name]
	}
	return passed
}

// tell adds what a server counted of itself in one scenario.
func (c counters) tell(seen *results, server kind, scenario string) {
	if c == nil {
		return
	}
	add := func(what, unit string, value float64) { seen.add("sfu "+what+" ("+scenario+")", unit, server, value) }
	add("datagrams per receive", "datagrams", c["datagrams_received_total"]/max(1, c["receives_total"]))
	add("datagrams per send", "datagrams", c["datagrams_sent_total"]/max(1, c["sends_total"]))
	add("datagrams lost", "datagrams", c["datagrams_lost_total"])
	add("datagrams refused", "datagrams", c["datagrams_refused_total"])
	add("NACKs", "NACKs", c["nacks_total"])
	add("estimates (REMB)", "estimates", c["estimates_total"])
	add("key frames asked", "key frames", c["keyframes_asked_total"])
}
