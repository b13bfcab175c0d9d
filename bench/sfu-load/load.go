// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	payloadSize  = 1150
	framesPerKey = 30
	clockRate    = 90_000
	patience     = 30 * time.Second
	joinsAtOnce  = 10
)

type run struct {
	cpu      time.Duration
	sent     int64
	packets  int64
	rss      int64
	counters counters
}

// watch measures a server for a while in which `sent` and `received` go on counting packets.
func watch(server *running, length time.Duration, sent, received func() int64) (run, error) {
	time.Sleep(time.Second)
	before, err := server.counters()
	if err != nil {
		return run{}, err
	}
	cpu, out, in := server.cpu(), sent(), received()
	time.Sleep(length)
	seen := run{cpu: server.cpu() - cpu, sent: sent() - out, packets: received() - in, rss: server.rss()}
	after, err := server.counters()
	seen.counters = after.since(before)
	return seen, err
}

func join(server *running, room, identity string, onPacket func()) (*lksdk.Room, error) {
	return joinWith(server, room, identity, onPacket, func(*lksdk.RemoteTrackPublication, string) {})
}

// arrival is told of each track that comes, and whose it is.
type arrival func(publication *lksdk.RemoteTrackPublication, from string)

func joinWith(server *running, room, identity string, onPacket func(), onTrack arrival) (*lksdk.Room, error) {
	callback := lksdk.NewRoomCallback()
	type publication = lksdk.RemoteTrackPublication
	callback.OnTrackSubscribed = func(track *webrtc.TrackRemote, of *publication, from *lksdk.RemoteParticipant) {
		onTrack(of, from.Identity())
		go func() {
			buffer := make([]byte, 1500)
			for {
				if _, _, err := track.Read(buffer); err != nil {
					return
				}
				onPacket()
			}
		}()
	}
	who := lksdk.ConnectInfo{APIKey: key, APISecret: secret, RoomName: room, ParticipantIdentity: identity}
	return lksdk.ConnectToRoom(server.url, who, callback, lksdk.WithLogger(logger.GetDiscardLogger()), lksdk.WithConnectTimeout(patience))
}

// joinAll connects `count` clients, `atOnce` of them at the same time.
func joinAll(server *running, room string, count, atOnce int, onPacket func(index int)) ([]*lksdk.Room, error) {
	rooms := make([]*lksdk.Room, count)
	failures := make([]error, count)
	slots := make(chan struct{}, atOnce)
	var group sync.WaitGroup
	for i := range count {
		slots <- struct{}{}
		group.Go(func() {
			rooms[i], failures[i] = join(server, room, fmt.Sprintf("subscriber-%d", i), func() { onPacket(i) })
			<-slots
		})
	}
	group.Wait()
	for _, err := range failures {
		if err != nil {
			leaveAll(rooms)
			return nil, err
		}
	}
	return rooms, nil
}

func leaveAll(rooms []*lksdk.Room) {
	for _, room := range rooms {
		if room != nil {
			room.Disconnect()
		}
	}
}

// burst lets `count` clients join one empty room at the same moment, until the media connection of each is up.
func burst(server *running, count int) (time.Duration, error) {
	before := server.cpu()
	rooms, err := joinAll(server, "burst", count, count, func(int) {})
	if err != nil {
		return 0, err
	}
	used := server.cpu() - before
	leaveAll(rooms)
	return used, nil
}

// forward measures one publisher of 270 video packets a second and `count` subscribers.
func forward(server *running, count int, length time.Duration) (run, error) {
	room := fmt.Sprintf("forward-%d", count)
	received := make([]atomic.Int64, count)
	total := func() (sum int64, everybody bool) {
		everybody = true
		for i := range received {
			value := received[i].Load()
			sum += value
			everybody = everybody && value > 0
		}
		return sum, everybody
	}
	rooms, err := joinAll(server, room, count, joinsAtOnce, func(i int) { received[i].Add(1) })
	if err != nil {
		return run{}, err
	}
	defer leaveAll(rooms)
	publisher, err := join(server, room, "publisher", func() {})
	if err != nil {
		return run{}, err
	}
	defer publisher.Disconnect()
	track, err := lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: clockRate})
	if err != nil {
		return run{}, err
	}
	options := &lksdk.TrackPublicationOptions{Name: "camera", Source: livekit.TrackSource_CAMERA, VideoWidth: 1280, VideoHeight: 720}
	if _, err := publisher.LocalParticipant.PublishTrack(track, options); err != nil {
		return run{}, err
	}
	var sent atomic.Int64
	done := make(chan struct{})
	defer close(done)
	go film(track, largest, &sent, done)

	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if _, everybody := total(); everybody {
			break
		}
		if time.Now().After(deadline) {
			return run{}, fmt.Errorf("not every subscriber receives after %s", patience)
		}
	}
	return watch(server, length, sent.Load, func() int64 { return sum(total()) })
}

func sum(value int64, _ bool) int64 { return value }

// picture is what a camera sends of one layer: packets of 1150 bytes in each frame.
type picture struct {
	quality         livekit.VideoQuality
	width, height   uint32
	packetsPerFrame int
	framesPerSecond int
}

var largest = picture{livekit.VideoQuality_HIGH, 1280, 720, 9, 30}

// film sends VP8 frames; every thirtieth is a key frame (RFC 7741, RFC 6386 section 9.1).
func film(track *lksdk.LocalTrack, of picture, sent *atomic.Int64, done <-chan struct{}) {
	ticker := time.NewTicker(time.Second / time.Duration(of.framesPerSecond))
	defer ticker.Stop()
	sequence, timestamp := uint16(1), uint32(1)
	for frame := 0; ; frame++ {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		for index := range of.packetsPerFrame {
			payload := make([]byte, payloadSize)
			if index == 0 {
				header := []byte{0x10, 0x01, 0, 0}
				if frame%framesPerKey == 0 {
					header = []byte{0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02}
				}
				copy(payload, header)
			}
			packet := &rtp.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: timestamp, Marker: index == of.packetsPerFrame-1},
				Payload: payload,
			}
			if track.WriteRTP(packet, nil) == nil {
				sent.Add(1)
			}
			sequence++
		}
		timestamp += uint32(clockRate / of.framesPerSecond)
	}
}
