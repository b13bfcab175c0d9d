// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	soundSize       = 100
	soundsPerSecond = 50
	soundClock      = 48_000
	tracksPatience  = 3 * patience
)

// layers are what browsers send of a camera in 720p.
var layers = []picture{
	{livekit.VideoQuality_LOW, 320, 180, 1, 15},
	{livekit.VideoQuality_MEDIUM, 640, 360, 3, 30},
	largest,
}

// meeting is a room in which some speak, with or without a camera, and all listen.
type meeting struct {
	rooms          []*lksdk.Room
	sent, received atomic.Int64
	tracks         atomic.Int64
	done           chan struct{}
}

func (m *meeting) end() {
	close(m.done)
	leaveAll(m.rooms)
}

// meet lets `people` join, of whom the first `speakers` have a microphone and, if asked, a camera in three layers.
// Everybody sees the first one large and all others small.
func meet(server *running, name string, people, speakers int, cameras bool) (*meeting, error) {
	m := &meeting{rooms: make([]*lksdk.Room, people), done: make(chan struct{})}
	onTrack := func(publication *lksdk.RemoteTrackPublication, from string) {
		m.tracks.Add(1)
		if publication.Kind() == lksdk.TrackKindVideo && from != "person-0" {
			_ = publication.SetVideoQuality(livekit.VideoQuality_LOW)
		}
	}
	failures := make([]error, people)
	slots := make(chan struct{}, joinsAtOnce)
	var group sync.WaitGroup
	for i := range people {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			m.rooms[i], failures[i] = joinWith(server, name, fmt.Sprintf("person-%d", i), func() { m.received.Add(1) }, onTrack)
		})
	}
	group.Wait()
	// Everybody is there before anybody speaks: who joins is not to wait for the load that is measured.
	for i := range speakers {
		if failures[i] == nil {
			failures[i] = m.publish(m.rooms[i], cameras)
		}
	}
	for _, err := range failures {
		if err != nil {
			m.end()
			return nil, err
		}
	}
	each := int64(1)
	if cameras {
		each = 2
	}
	wanted := int64(speakers*(people-1)) * each
	for deadline := time.Now().Add(tracksPatience); m.tracks.Load() < wanted; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			seen := m.tracks.Load()
			m.end()
			return nil, fmt.Errorf("only %d of %d tracks came within %s", seen, wanted, tracksPatience)
		}
	}
	return m, nil
}

func (m *meeting) publish(room *lksdk.Room, camera bool) error {
	sound, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: soundClock, Channels: 2})
	if err != nil {
		return err
	}
	options := &lksdk.TrackPublicationOptions{Name: "microphone", Source: livekit.TrackSource_MICROPHONE}
	if _, err := room.LocalParticipant.PublishTrack(sound, options); err != nil {
		return err
	}
	go speak(sound, &m.sent, m.done)
	if !camera {
		return nil
	}
	tracks := []*lksdk.LocalTrack{}
	for _, layer := range layers {
		description := &livekit.VideoLayer{Quality: layer.quality, Width: layer.width, Height: layer.height}
		codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: clockRate}
		track, err := lksdk.NewLocalTrack(codec, lksdk.WithSimulcast("camera", description))
		if err != nil {
			return err
		}
		tracks = append(tracks, track)
	}
	options = &lksdk.TrackPublicationOptions{Name: "camera", Source: livekit.TrackSource_CAMERA}
	if _, err := room.LocalParticipant.PublishSimulcastTrack(tracks, options); err != nil {
		return err
	}
	for i, track := range tracks {
		go film(track, layers[i], &m.sent, m.done)
	}
	return nil
}

// speak sends fifty packets of sound a second.
func speak(track *lksdk.LocalTrack, sent *atomic.Int64, done <-chan struct{}) {
	ticker := time.NewTicker(time.Second / soundsPerSecond)
	defer ticker.Stop()
	level := uint8(30)
	for sequence := uint16(1); ; sequence++ {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		packet := &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: uint32(sequence) * soundClock / soundsPerSecond},
			Payload: make([]byte, soundSize),
		}
		if track.WriteRTP(packet, &lksdk.SampleWriteOptions{AudioLevel: &level}) == nil {
			sent.Add(1)
		}
	}
}
