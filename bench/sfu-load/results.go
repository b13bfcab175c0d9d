// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"slices"
	"strings"
)

// results holds every value seen, by name of the figure and server, in the order of the runs.
type results struct {
	figures []*figure
}

type figure struct {
	name, unit string
	values     map[string][]float64
}

func (r *results) add(name, unit string, server kind, value float64) {
	index := slices.IndexFunc(r.figures, func(f *figure) bool { return f.name == name })
	if index < 0 {
		r.figures = append(r.figures, &figure{name, unit, map[string][]float64{}})
		index = len(r.figures) - 1
	}
	values := r.figures[index].values
	values[server.name] = append(values[server.name], value)
}

// print writes one line `name: value unit` per figure: the median, with the range when there are several runs.
func (r *results) print(kinds []kind) {
	for _, figure := range r.figures {
		for _, server := range kinds {
			values := figure.values[server.name]
			if len(values) == 0 {
				continue
			}
			name := figure.name
			if server.name != "konvent" {
				name = server.name + " " + name
			}
			fmt.Printf("%s: %s %s%s\n", name, short(median(values)), figure.unit, spread(values))
		}
		if len(kinds) == 2 && figure.unit != "%" && len(figure.values["livekit"]) > 0 {
			ratios := []float64{}
			for i, value := range figure.values["konvent"] {
				other := figure.values["livekit"][i]
				if figure.unit == "packets" {
					ratios = append(ratios, value/other)
				} else {
					ratios = append(ratios, other/value)
				}
			}
			fmt.Printf("%s, times better than livekit: %s ratio%s\n", figure.name, short(median(ratios)), spread(ratios))
		}
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

func spread(values []float64) string {
	if len(values) < 2 {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", short(slices.Min(values)), short(slices.Max(values)))
}

func short(value float64) string {
	if value >= 100 {
		return fmt.Sprintf("%.0f", value)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.2f", value), ".00")
}
