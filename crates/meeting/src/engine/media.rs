// SPDX-License-Identifier: EUPL-1.2
//! Access to the media room: what somebody may publish, and the LiveKit access token that says so (HS256 JWT, profile
//! §5). It forwards no media. The one rule: a token's grants follow from the meeting's state at that moment.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::room::{Member, Room};
use crate::ids::{ConnectionId, ParticipantId};
use crate::parameters::{ParticipationKind, Role};
use crate::ports::{Effect, MediaPermission, MediaSource};

/// Long enough to connect with, short enough to be worthless when found later. LiveKit renews it while connected.
const TOKEN_SECONDS: i64 = 60;

impl Room {
    pub fn media_room(&self) -> String {
        format!("{}:main", self.parameters.room)
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
        let may_share =
            moderator || !self.parameters.screen_share_requires_permission || self.screen_sharers.contains(&member.id);
        if may_share {
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
    pub fn credentials(&self, connection: ConnectionId) -> Option<Value> {
        let details = self.connections.get(&connection)?;
        let member = self.member(details.participant)?;
        let identity = Room::identity(member.id, connection);
        let token = self.token(&identity, &member.display_name, &self.media_permission(member));
        Some(json!({ "room": self.media_room(), "token": token, "public_url": details.media_url }))
    }

    /// Sees and hears, is not seen, publishes nothing: a second window of the same person.
    pub fn popout_token(&mut self, connection: ConnectionId) -> Option<String> {
        let details = self.connections.get_mut(&connection)?;
        details.popouts += 1;
        let (participant, number) = (details.participant, details.popouts);
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
        let key = &self.parameters.media;
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

    /// Ends the media of these connections of a person; tokens for them made before are worth nothing.
    pub fn remove_from_media(&mut self, id: ParticipantId, connections: &[ConnectionId]) {
        let mut identities: Vec<String> = connections
            .iter()
            .map(|connection| Room::identity(id, *connection))
            .collect();
        for connection in connections {
            let popouts = self.connections.get(connection).map_or(0, |details| details.popouts);
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

    /// Tells the media room what somebody may publish now.
    pub fn renew_media_permission(&mut self, id: ParticipantId) {
        let Some(member) = self.inside(id) else { return };
        let permission = self.media_permission(member);
        let room = self.media_room();
        for identity in self.identities(id) {
            self.perform(Effect::UpdateMediaPermission {
                room: room.clone(),
                identity,
                permission: permission.clone(),
            });
        }
    }
}
