// SPDX-License-Identifier: EUPL-1.2
//! What the server beside the SFU may do to rooms and participants.

use std::time::Instant;

use super::ids::{PersonId, RoomId};
use super::participant::{source_from_proto, source_to_proto};
use super::turn::Outputs;
use super::{Core, Decision, Room};
use crate::admission::RENEWED_FOR;
use crate::api::{Load, Participant, Permission, Track, TrackSource};
use crate::proto::{DisconnectReason, MuteTrackRequest, signal_response::Message};

impl Core {
    pub fn load(&self) -> Load {
        let mut load = Load::default();
        for (_, room) in self.rooms.iter() {
            load.rooms += 1;
            load.participants += room.participants.len();
            load.tracks += room.tracks.len();
        }
        load
    }

    pub fn participants(&self, room: &str) -> Vec<Participant> {
        let Some(room) = self.names.get(room).and_then(|id| self.rooms.get(*id)) else {
            return Vec::new();
        };
        let describe = |participant: &super::participant::Participant| Participant {
            identity: participant.identity().to_owned(),
            sid: participant.sid.clone(),
            tracks: participant
                .publish
                .tracks
                .iter()
                .filter_map(|track| {
                    let info = &room.tracks.get(*track)?.info;
                    let source = source_from_proto(info.source);
                    Some(Track {
                        sid: info.sid.clone(),
                        source,
                        muted: info.muted,
                    })
                })
                .collect(),
        };
        room.participants
            .iter()
            .map(|(_, participant)| describe(participant))
            .collect()
    }

    /// Mutes all tracks of one source; with the microphone everything that is heard of a person. Nobody's microphone is
    /// opened from outside: `muted` false changes nothing.
    pub fn mute(
        &mut self,
        now: Instant,
        out: &mut Outputs,
        (room, identity): (&str, &str),
        source: TrackSource,
        muted: bool,
    ) -> bool {
        let Some((room, id)) = self.find(room, identity).filter(|_| muted) else {
            return false;
        };
        let changed = self.turn(now, room, out, |room, turn| {
            let wanted = source_to_proto(source) as i32;
            let tracks: Vec<_> = room.participants[id]
                .publish
                .tracks
                .iter()
                .copied()
                .filter(|track| {
                    let track = &room.tracks[*track];
                    let heard = source == TrackSource::Microphone && !track.video;
                    (heard || track.info.source == wanted) && !track.info.muted
                })
                .collect();
            for track in &tracks {
                room.mute(turn, *track, true);
                let request = MuteTrackRequest {
                    sid: room.tracks[*track].info.sid.clone(),
                    muted: true,
                };
                room.tell(turn, id, Message::Mute(request));
            }
            room.flush_updates(turn, false);
            !tracks.is_empty()
        });
        changed.unwrap_or(false)
    }

    /// Admits nobody with a token for this room and identity that was made until then.
    pub fn revoke(&mut self, now: Instant, room: &str, identity: &str, until_ms: u64) {
        self.revoked
            .retain(|_, (at, _)| now.saturating_duration_since(*at) < RENEWED_FOR);
        self.revoked.insert((room.into(), identity.into()), (now, until_ms));
    }

    pub fn remove(&mut self, now: Instant, out: &mut Outputs, room: &str, identity: &str) -> bool {
        let Some((room, id)) = self.find(room, identity) else {
            return false;
        };
        self.turn(now, room, out, |room, turn| {
            room.leave(turn, id, DisconnectReason::ParticipantRemoved, true);
            room.flush_updates(turn, false);
        });
        true
    }

    /// `decided_ms`: when, in milliseconds since 1970. Tokens made until then grant no more than this from now on,
    /// whether the person is here or not.
    pub fn update_permission(
        &mut self,
        now: Instant,
        out: &mut Outputs,
        (room, identity): (&str, &str),
        permission: Permission,
        decided_ms: u64,
    ) -> bool {
        // Afterwards no older token is admitted, unless somebody holds one that lives for long and the room goes on.
        self.decided.retain(|(room, _), decision| {
            self.names.contains_key(room) || now.saturating_duration_since(decision.at) < RENEWED_FOR
        });
        let decision = Decision {
            at: now,
            made_ms: decided_ms,
            permission: permission.clone(),
        };
        self.decided.insert((room.into(), identity.into()), decision);
        let Some((room, id)) = self.find(room, identity) else {
            return false;
        };
        self.turn(now, room, out, |room, turn| {
            room.participants[id].permission = permission;
            room.unpublish_forbidden(turn, id);
            room.settle_places(id);
            let participant = &room.participants[id];
            let lacks_connection = !participant.single
                && participant.permission.can_subscribe
                && participant.subscribe.transport.is_none();
            if lacks_connection {
                room.open_subscriber(turn, id);
            }
            room.announce(id, false);
            room.rebalance(turn);
            room.refresh_token(turn, id);
            room.flush_updates(turn, true);
        });
        true
    }

    pub fn delete_room(&mut self, now: Instant, out: &mut Outputs, room: &str) {
        if let Some(room) = self.names.get(room).copied() {
            self.turn(now, room, out, |room, turn| {
                end(room, turn, DisconnectReason::RoomDeleted);
            });
        }
    }

    /// Everybody leaves; the process is about to end.
    pub fn stop(&mut self, now: Instant, out: &mut Outputs) {
        for room in self.rooms.ids() {
            self.turn(now, room, out, |room, turn| {
                end(room, turn, DisconnectReason::ServerShutdown);
            });
        }
    }

    fn find(&self, room: &str, identity: &str) -> Option<(RoomId, PersonId)> {
        let id = *self.names.get(room)?;
        Some((id, *self.rooms.get(id)?.identities.get(identity)?))
    }
}

fn end(room: &mut Room, turn: &mut super::Turn<'_>, reason: DisconnectReason) {
    for id in room.participants.ids() {
        room.leave(turn, id, reason, true);
    }
}
