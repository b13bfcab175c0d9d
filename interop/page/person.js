// SPDX-License-Identifier: EUPL-1.2
// A person in a browser: the stock SDK, unchanged, with its tracks attached to elements.
// What is here only looks (events, statistics) or feeds (a tone whose loudness a story sets).

const { ExternalE2EEKeyProvider, Room, RoomEvent, Track } = LivekitClient;

/** Everything that the SDK told this page, oldest first. */
const events = [];
/** Frames that reached the screen, by track sid. A decoded frame is not yet a shown one. */
const shown = new Map();
let room;

const describe = {
  [RoomEvent.Disconnected]: (reason) => ({ reason }),
  [RoomEvent.ParticipantConnected]: (who) => ({ who: who.identity }),
  [RoomEvent.ParticipantDisconnected]: (who) => ({ who: who.identity }),
  [RoomEvent.TrackPublished]: (publication, who) => ({ who: who.identity, source: publication.source }),
  [RoomEvent.TrackUnpublished]: (publication, who) => ({ who: who.identity, source: publication.source }),
  [RoomEvent.TrackSubscribed]: (_, publication, who) => ({ who: who.identity, source: publication.source }),
  [RoomEvent.TrackUnsubscribed]: (_, publication, who) => ({ who: who.identity, source: publication.source }),
  [RoomEvent.TrackMuted]: (publication, who) => ({ who: who.identity, source: publication.source }),
  [RoomEvent.TrackUnmuted]: (publication, who) => ({ who: who.identity, source: publication.source }),
  [RoomEvent.DataReceived]: (payload, who, kind, topic) => ({
    who: who?.identity,
    text: new TextDecoder().decode(payload),
    kind: kind === 0 ? 'reliable' : 'lossy',
    topic,
  }),
  [RoomEvent.ActiveSpeakersChanged]: (speakers) => ({ speakers: speakers.map((who) => who.identity) }),
  [RoomEvent.ConnectionQualityChanged]: (quality, who) => ({ who: who.identity, quality }),
  [RoomEvent.ParticipantPermissionsChanged]: (_, who) => ({ who: who.identity }),
  [RoomEvent.ParticipantNameChanged]: (name, who) => ({ who: who.identity, displayName: name }),
  [RoomEvent.ParticipantMetadataChanged]: (_, who) => ({ who: who.identity, metadata: who.metadata }),
  [RoomEvent.ParticipantAttributesChanged]: (changed, who) => ({ who: who.identity, changed }),
  [RoomEvent.EncryptionError]: (error) => ({ message: error.message }),
  [RoomEvent.MediaDevicesError]: (error) => ({ message: error.message }),
  [RoomEvent.SignalReconnecting]: () => ({}),
  [RoomEvent.Reconnecting]: () => ({}),
  [RoomEvent.Reconnected]: () => ({}),
};

function attach(track, publication) {
  const element = track.attach();
  document.body.append(element);
  if (track.kind !== Track.Kind.Video) return;
  shown.set(publication.trackSid, 0);
  const count = () => {
    shown.set(publication.trackSid, shown.get(publication.trackSid) + 1);
    element.requestVideoFrameCallback(count);
  };
  element.requestVideoFrameCallback(count);
}

async function join({ url, token, options, connect, passphrase }) {
  const settings = { ...options };
  if (passphrase !== undefined) {
    const keyProvider = new ExternalE2EEKeyProvider();
    await keyProvider.setKey(passphrase);
    settings.encryption = { keyProvider, worker: new Worker('livekit-client.e2ee.worker.js') };
  }
  room = new Room(settings);
  for (const [name, shape] of Object.entries(describe)) {
    room.on(name, (...args) => events.push({ name, ...shape(...args) }));
  }
  room.on(RoomEvent.TrackSubscribed, attach);
  room.on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((element) => element.remove()));
  room.registerTextStreamHandler('note', async (reader, { identity }) => {
    events.push({ name: 'textStream', who: identity, text: await reader.readAll() });
  });
  const rpc = room.registerRpcMethod ? room : room.localParticipant;
  rpc.registerRpcMethod('greet', async ({ callerIdentity, payload }) => `${payload}, ${callerIdentity}`);
  if (passphrase !== undefined) await room.setE2EEEnabled(true);
  await room.connect(url, token, connect).catch((error) => {
    throw new Error(`ConnectionError: ${error.reasonName}: ${error.message}`);
  });
  window.room = room;
}

function publication(identity, source) {
  const who = identity === room.localParticipant.identity ? room.localParticipant : room.remoteParticipants.get(identity);
  return who?.getTrackPublication(source);
}

/** What arrived of somebody's track so far; undefined while there is nothing to look at. */
async function received(identity, source) {
  const found = publication(identity, source);
  if (!found?.track) return undefined;
  const report = await found.track.receiver.getStats();
  const rtp = [...report.values()].find((entry) => entry.type === 'inbound-rtp');
  if (!rtp) return undefined;
  return {
    codec: report.get(rtp.codecId)?.mimeType,
    decoded: rtp.framesDecoded ?? 0,
    shown: shown.get(found.trackSid) ?? 0,
    width: rtp.frameWidth ?? 0,
    energy: rtp.totalAudioEnergy ?? 0,
    packets: rtp.packetsReceived ?? 0,
    lost: rtp.packetsLost ?? 0,
    muted: found.isMuted,
  };
}

/** Packets sent per simulcast layer of the own camera, by rid. */
async function sent(source) {
  const report = await publication(room.localParticipant.identity, source).track.sender.getStats();
  const layers = {};
  for (const entry of report.values()) {
    if (entry.type === 'outbound-rtp') layers[entry.rid ?? ''] = entry.packetsSent;
  }
  return layers;
}

let gain;

/** Publishes a tone as microphone; `loudness` 0 is silence, 1 is as loud as it gets. */
async function publishTone(loudness) {
  const context = new AudioContext();
  gain = new GainNode(context, { gain: loudness });
  const output = context.createMediaStreamDestination();
  const tone = new OscillatorNode(context, { frequency: 440 });
  tone.connect(gain).connect(output);
  tone.start();
  await room.localParticipant.publishTrack(output.stream.getAudioTracks()[0], { source: Track.Source.Microphone });
}

function setLoudness(loudness) {
  gain.gain.value = loudness;
}

window.person = { events, join, publication, publishTone, received, sent, setLoudness };
