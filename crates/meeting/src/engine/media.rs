// SPDX-License-Identifier: EUPL-1.2
//! Access to the media room: what somebody may publish, and the LiveKit access token that says so (HS256 JWT, profile
//! §5). It forwards no media. The one rule: a token's grants follow from the meeting's state at that moment.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::people::Member;
use super::room::Room;
use crate::ids::{ConnectionId, EffectId, ParticipantId};
use crate::limits;
use crate::parameters::{ParticipationKind, Role};
use crate::ports::{Effect, MediaPermission, MediaSource};

/// Long enough to connect with, short enough to be worthless when found later. LiveKit renews it while connected.
const TOKEN_SECONDS: i64 = 60;

impl Room {
    /// Of this meeting alone: a token of an earlier one in the same room leads nowhere.
    pub fn media_room(&self) -> String {
        let meeting = uuid::Uuid::from_bytes(self.parameters.seed);
        format!("{}:main:{}", self.parameters.room, meeting.simple())
    }

    pub fn identity(participant: ParticipantId, connection: ConnectionId) -> String {
        format!("{participant}:{connection}")
    }

    fn popout(participant: ParticipantId, connection: ConnectionId, number: u32) -> String {
        format!("{}-popout{number}", Room::identity(participant, connection))
    }

    pub fn identities(&self, id: ParticipantId) -> Vec<String> {
        let connections = self
            .member(id)
            .map(|member| member.connections.as_slice())
            .unwrap_or_default();
        connections
            .iter()
            .map(|connection| Room::identity(id, *connection))
            .collect()
    }

    pub fn media_permission(&self, member: &Member) -> MediaPermission {
        let mut sources = vec![MediaSource::Camera];
        let moderator = member.role == Role::Moderator;
        if moderator || self.microphones.allows(member.id) {
            sources.push(MediaSource::Microphone);
        }
        let said = self.screen_shares.get(&member.id).copied();
        if moderator || said.unwrap_or(!self.parameters.screen_share_requires_permission) {
            sources.extend([MediaSource::ScreenShare, MediaSource::ScreenShareAudio]);
        }
        MediaPermission {
            can_publish: true,
            can_subscribe: true,
            can_publish_data: false,
            can_publish_sources: sources,
            hidden: member.kind == ParticipationKind::Recorder,
        }
    }

    /// `{room, token, public_url}` for one connection, as in `module_data.livekit` and `livekit.credentials`.
    pub fn credentials(&mut self, connection: ConnectionId) -> Option<Value> {
        let details = self.connections.get(&connection)?;
        let member = self.member(details.participant)?;
        let identity = Room::identity(member.id, connection);
        let permission = self.media_permission(member);
        let token = self.token(&identity, &member.display_name, &permission);
        let credentials = json!({ "room": self.media_room(), "token": token, "public_url": details.media_url });
        self.connections.get_mut(&connection)?.permission = Some(permission);
        Some(credentials)
    }

    /// Sees and hears, is not seen, publishes nothing: a second window of the same person.
    pub fn popout_token(&mut self, connection: ConnectionId) -> Option<String> {
        let details = self.connections.get_mut(&connection)?;
        let (participant, number) = (details.participant, details.popouts % limits::POPOUTS + 1);
        details.popouts += 1;
        let member = self.member(participant)?;
        let identity = Room::popout(participant, connection, number);
        let permission = MediaPermission {
            can_publish: false,
            can_subscribe: true,
            can_publish_data: false,
            can_publish_sources: Vec::new(),
            hidden: true,
        };
        Some(self.token(&identity, &member.display_name, &permission))
    }

    fn token(&self, identity: &str, name: &str, permission: &MediaPermission) -> String {
        let key = &self.media;
        let now = self.now.as_second();
        let header = json!({ "alg": "HS256", "typ": "JWT" });
        let claims = json!({
            "iss": key.key,
            "sub": identity,
            "name": name,
            // To the millisecond: a token made right after a removal is good, one made before is not.
            "iat": self.now.as_millisecond() as f64 / 1000.0,
            "nbf": now - 5,
            "exp": now + TOKEN_SECONDS,
            "video": {
                "roomJoin": true,
                "roomCreate": true,
                "room": self.media_room(),
                "canPublish": permission.can_publish,
                "canSubscribe": permission.can_subscribe,
                "canPublishData": permission.can_publish_data,
                "canPublishSources": permission.can_publish_sources,
                "hidden": permission.hidden,
            },
        });
        let text = [header, claims]
            .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
            .join(".");
        let mut mac = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// Ends the media of these connections; tokens for them made before are worth nothing.
    pub fn remove_from_media(&mut self, connections: &[ConnectionId]) {
        let mut identities = Vec::new();
        for connection in connections {
            let Some(details) = self.connections.get_mut(connection) else {
                continue;
            };
            let (id, popouts) = (details.participant, details.popouts.min(limits::POPOUTS));
            details.permission = None;
            identities.push(Room::identity(id, *connection));
            identities.extend((1..=popouts).map(|number| Room::popout(id, *connection, number)));
        }
        if !identities.is_empty() {
            let (room, revoke) = (self.media_room(), self.now);
            self.perform(Effect::RemoveMedia {
                room,
                identities,
                revoke,
            });
        }
    }

    /// Tells the media room what these people may publish now, where that has changed.
    pub fn renew_media_permissions(&mut self, people: impl IntoIterator<Item = ParticipantId>) -> Vec<EffectId> {
        let mut told = Vec::new();
        for id in people {
            let Some(member) = self.inside(id) else { continue };
            let permission = self.media_permission(member);
            for connection in member.connections.clone() {
                let Some(details) = self.connections.get_mut(&connection) else {
                    continue;
                };
                if details.permission.as_ref() == Some(&permission) {
                    continue;
                }
                details.permission = Some(permission.clone());
                told.push(self.perform(Effect::UpdateMediaPermission {
                    room: self.media_room(),
                    identity: Room::identity(id, connection),
                    permission: permission.clone(),
                }));
            }
        }
        told
    }

    pub fn renew_all_media_permissions(&mut self) -> Vec<EffectId> {
        let everybody: Vec<ParticipantId> = self.people_inside().map(|member| member.id).collect();
        self.renew_media_permissions(everybody)
    }
}
