# SPDX-License-Identifier: EUPL-1.2
"""A person in a story with the stock Python SDK, unchanged: it reads one JSON command a line and answers each with one
JSON line. What is here only looks (events, frames, energy) or feeds (a moving picture, a tone)."""

import asyncio
import json
import math
import sys
from array import array
from zlib import crc32

from livekit import rtc

RATE = 48_000
CHUNK = RATE // 100
WIDTH, HEIGHT, FPS = 640, 360, 15

# The SDK binds a room to the loop that is current when it is made.
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
room = rtc.Room()
events = []
received = {}
published = {}
running = set()


def background(work):
    task = asyncio.ensure_future(work)
    running.add(task)
    task.add_done_callback(running.discard)


def source_name(source):
    return rtc.TrackSource.Name(source).removeprefix("SOURCE_").lower()


def watch(event, describe):
    room.on(event, lambda *arguments: events.append({"name": event, **describe(*arguments)}))


def about_track(publication, who):
    return {"who": who.identity, "source": source_name(publication.source)}


watch("participant_connected", lambda who: {"who": who.identity})
watch("participant_disconnected", lambda who: {"who": who.identity})
watch("track_published", about_track)
watch("track_unpublished", about_track)
watch("track_subscribed", lambda _, publication, who: about_track(publication, who))
watch("track_unsubscribed", lambda _, publication, who: about_track(publication, who))
watch("track_muted", lambda who, publication: about_track(publication, who))
watch("track_unmuted", lambda who, publication: about_track(publication, who))
watch("reconnecting", lambda: {})
watch("reconnected", lambda: {})
watch("disconnected", lambda reason: {"reason": reason})
watch("data_received", lambda packet: {
    "who": packet.participant and packet.participant.identity,
    "text": packet.data.decode(),
    "kind": "reliable" if packet.kind == rtc.DataPacketKind.KIND_RELIABLE else "lossy",
    "topic": packet.topic,
})


@room.on("track_subscribed")
def subscribed(track, publication, who):
    background((look if track.kind == rtc.TrackKind.KIND_VIDEO else listen)(track, (who.identity, source_name(publication.source))))


async def look(track, key):
    async for event in rtc.VideoStream(track, format=rtc.VideoBufferType.I420):
        seen = received.setdefault(key, {"frames": 0, "changes": 0, "width": 0})
        picture = crc32(memoryview(event.frame.data)[: event.frame.width * event.frame.height])
        seen["changes"] += picture != seen.get("picture")
        seen.update(frames=seen["frames"] + 1, width=event.frame.width, picture=picture)


async def listen(track, key):
    async for event in rtc.AudioStream(track):
        heard = received.setdefault(key, {"frames": 0, "energy": 0.0})
        samples = memoryview(event.frame.data).cast("B").cast("h")
        heard["frames"] += 1
        heard["energy"] += sum((sample / 32768) ** 2 for sample in samples) / RATE


async def film(source):
    shade = 0
    while True:
        shade = (shade + 8) % 200
        luma = bytes([16 + shade]) * (WIDTH * HEIGHT)
        frame = rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, luma + bytes([128]) * (WIDTH * HEIGHT // 2))
        source.capture_frame(frame)
        await asyncio.sleep(1 / FPS)


async def play(source):
    at = 0
    while True:
        wave = (int(12_000 * math.sin(2 * math.pi * 440 * (at + i) / RATE)) for i in range(CHUNK))
        await source.capture_frame(rtc.AudioFrame(array("h", wave).tobytes(), RATE, 1, CHUNK))
        at += CHUNK


async def join(url, token, single):
    await room.connect(url, token, rtc.RoomOptions(single_peer_connection=single))


async def publish(source):
    if source == "camera":
        feed = rtc.VideoSource(WIDTH, HEIGHT)
        track = rtc.LocalVideoTrack.create_video_track(source, feed)
        background(film(feed))
    else:
        feed = rtc.AudioSource(RATE, 1)
        track = rtc.LocalAudioTrack.create_audio_track(source, feed)
        background(play(feed))
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.Value(f"SOURCE_{source.upper()}"))
    publication = await room.local_participant.publish_track(track, options)
    published[source] = (publication.sid, track)


async def unpublish(source):
    await room.local_participant.unpublish_track(published.pop(source)[0])


async def mute(source, muted):
    track = published[source][1]
    track.mute() if muted else track.unmute()


async def send(text, reliable, topic):
    await room.local_participant.publish_data(text, reliable=reliable, topic=topic)


async def look_at(who, source):
    return received.get((who, source))


async def report():
    return events


async def leave():
    await room.disconnect()


COMMANDS = {f.__name__: f for f in (join, publish, unpublish, mute, send, look_at, report, leave)}


async def main():
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        try:
            answer = {"value": await COMMANDS[command["do"]](**command["with"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


loop.run_until_complete(main())
