// SPDX-License-Identifier: EUPL-1.2
//! Access to the media room: what somebody may publish, and the LiveKit access token that says so (HS256 JWT, profile
//! §5). It forwards no media. The one rule: a token's grants follow from the meeting's state at that moment.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use super::people::Member;
use super::places::Place;
use super::room::Room;
use super::wire::{Credentials, Restriction};
use crate::ids::{ConnectionId, EffectId, ParticipantId};
use crate::limits;
use crate::parameters::{ParticipationKind, Role};
use crate::ports::{Effect, MediaPermission, MediaSource};

/// Long enough to connect with, short enough to be worthless when found later. LiveKit renews it while connected.
const TOKEN_SECONDS: i64 = 60;

/// The head of every token.
#[derive(Serialize)]
struct Header {
    alg: &'static str,
    typ: &'static str,
}

/// What a token says, in LiveKit's words.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    name: &'a str,
    iat: f64,
    nbf: i64,
    exp: i64,
    video: VideoGrant<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VideoGrant<'a> {
    room_join: bool,
    room_create: bool,
    room: &'a str,
    can_publish: bool,
    can_subscribe: bool,
    can_publish_data: bool,
    can_publish_sources: &'a [MediaSource],
    hidden: bool,
}

fn encoded(part: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).expect("it has text keys and no failing parts"))
}

/// Who may publish from a source, as one feature sees it.
#[derive(Default)]
pub(crate) struct Rule {
    /// Those of whom nothing is said.
    pub others: bool,
    pub said: BTreeMap<ParticipantId, bool>,
}

/// What may be published: of each source, who restricts it (by namespace) and for whom. Whoever is no moderator may what
/// all of them allow.
#[derive(Default)]
pub(crate) struct Rights(BTreeMap<(MediaSource, &'static str), Rule>);

impl Rights {
    fn allow(&self, source: MediaSource, member: &Member) -> bool {
        // Sound goes with its screen. Nobody can see whose voice it is: whoever may not speak has it only with a permission.
        if source == MediaSource::ScreenShareAudio {
            let may_share = self.allow(MediaSource::ScreenShare, member);
            let is_granted = || self.grants(MediaSource::ScreenShare, member.id);
            return may_share && (self.allow(MediaSource::Microphone, member) || is_granted());
        }
        let mut rules = self.0.iter().filter(|((about, _), _)| *about == source);
        let allows = |rule: &Rule| rule.said.get(&member.id).copied().unwrap_or(rule.others);
        member.role == Role::Moderator || rules.all(|(_, rule)| allows(rule))
    }

    /// Whether somebody was given this by name.
    fn grants(&self, source: MediaSource, id: ParticipantId) -> bool {
        let mut rules = self.0.iter().filter(|((about, _), _)| *about == source);
        rules.any(|(_, rule)| rule.said.get(&id) == Some(&true))
    }

    pub fn rule(&self, source: MediaSource, by: &'static str) -> Option<&Rule> {
        self.0.get(&(source, by))
    }

    pub fn rule_mut(&mut self, source: MediaSource, by: &'static str) -> &mut Rule {
        self.0.entry((source, by)).or_default()
    }

    /// Replaces what this feature said about the source.
    pub fn restrict(&mut self, source: MediaSource, by: &'static str, restriction: &Restriction) {
        match restriction {
            Restriction::Disabled => drop(self.0.remove(&(source, by))),
            Restriction::Enabled {
                unrestricted_participants,
            } => {
                let said = unrestricted_participants.iter().map(|id| (*id, true)).collect();
                self.0.insert((source, by), Rule { others: false, said });
            }
        }
    }

    /// As [`Rights::restrict`] left it.
    pub fn restriction(&self, source: MediaSource, by: &'static str) -> Restriction {
        match self.rule(source, by) {
            None => Restriction::Disabled,
            Some(rule) => Restriction::Enabled {
                unrestricted_participants: rule.said.keys().copied().collect(),
            },
        }
    }

    pub(super) fn forget(&mut self, id: ParticipantId) {
        for rule in self.0.values_mut() {
            rule.said.remove(&id);
        }
    }
}

impl Room {
    /// Whoever is no moderator then shares the screen only with a permission.
    pub(super) fn screen_share_needs_permission(&mut self, needed: bool) {
        self.parameters.screen_share_requires_permission = needed;
        self.rights.rule_mut(MediaSource::ScreenShare, "livekit").others = !needed;
    }

    /// Moderators restrict microphones; front ends look for it beside the token.
    pub fn microphones(&self) -> Restriction {
        self.rights.restriction(MediaSource::Microphone, "moderation")
    }

    /// The media room of a place, of this meeting alone: a token of an earlier one in the same room leads nowhere.
    pub fn media_room(&self, place: Place) -> String {
        let meeting = uuid::Uuid::from_bytes(self.parameters.seed);
        let room = self.parameters.room;
        match place {
            Place::Main => format!("{room}:main:{}", meeting.simple()),
            Place::Breakout(id) => format!("{room}:{id}:{}", meeting.simple()),
        }
    }

    /// Where somebody's media is.
    fn media_room_of(&self, id: ParticipantId) -> String {
        self.media_room(self.place_of(id))
    }

    /// The meeting is over.
    pub(super) fn delete_media_rooms(&mut self) {
        for place in self.places.clone() {
            self.delete_media_room(place);
        }
    }

    /// A place is over, where somebody has been in it.
    pub(super) fn delete_media_room(&mut self, place: Place) {
        if self.places.remove(&place) {
            let room = self.media_room(place);
            self.perform(Effect::DeleteMediaRoom { room });
        }
    }

    pub fn identity(participant: ParticipantId, connection: ConnectionId) -> String {
        format!("{participant}:{connection}")
    }

    fn popout(participant: ParticipantId, connection: ConnectionId, number: u32) -> String {
        format!("{}-popout{number}", Room::identity(participant, connection))
    }

    /// The identities of these people, by the media room they are in.
    pub fn identities<'a>(&self, people: impl IntoIterator<Item = &'a ParticipantId>) -> BTreeMap<String, Vec<String>> {
        let mut by_room = BTreeMap::<String, Vec<String>>::new();
        for member in people.into_iter().filter_map(|id| self.member(*id)) {
            let identities = member
                .connections
                .iter()
                .map(|connection| Room::identity(member.id, *connection));
            by_room
                .entry(self.media_room(member.place))
                .or_default()
                .extend(identities);
        }
        by_room
    }

    pub fn media_permission(&self, member: &Member) -> MediaPermission {
        let may_publish = |source: &MediaSource| self.rights.allow(*source, member);
        MediaPermission {
            can_publish: true,
            can_subscribe: true,
            can_publish_data: false,
            can_publish_sources: MediaSource::ALL.into_iter().filter(may_publish).collect(),
            hidden: member.kind == ParticipationKind::Recorder,
        }
    }

    pub fn credentials(&mut self, connection: ConnectionId) -> Option<Credentials> {
        let details = self.connections.get(&connection)?;
        let member = self.member(details.participant)?;
        let identity = Room::identity(member.id, connection);
        let permission = self.media_permission(member);
        let room = self.media_room_of(member.id);
        let token = self.token(&room, &identity, &member.display_name, &permission);
        let credentials = Credentials {
            room,
            token,
            public_url: details.media_url.to_string(),
        };
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
        let room = self.media_room_of(participant);
        Some(self.token(&room, &identity, &member.display_name, &permission))
    }

    fn token(&self, room: &str, identity: &str, name: &str, permission: &MediaPermission) -> String {
        let key = &self.media;
        let now = self.now.as_second();
        let header = Header {
            alg: "HS256",
            typ: "JWT",
        };
        let claims = Claims {
            iss: &key.key,
            sub: identity,
            name,
            // To the millisecond: a token made right after a removal is good, one made before is not.
            iat: self.now.as_millisecond() as f64 / 1000.0,
            nbf: now - 5,
            exp: now + TOKEN_SECONDS,
            video: VideoGrant {
                room_join: true,
                room_create: true,
                room,
                can_publish: permission.can_publish,
                can_subscribe: permission.can_subscribe,
                can_publish_data: permission.can_publish_data,
                can_publish_sources: &permission.can_publish_sources,
                hidden: permission.hidden,
            },
        };
        let text = format!("{}.{}", encoded(&header), encoded(&claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// Ends the media of these connections; tokens for them made before are worth nothing.
    pub fn remove_from_media(&mut self, connections: &[ConnectionId]) {
        for removal in self.removals(connections) {
            self.perform(removal);
        }
    }

    /// What ends the media of these connections where they are.
    pub(super) fn removals(&mut self, connections: &[ConnectionId]) -> Vec<Effect> {
        let mut by_place = BTreeMap::<Place, Vec<String>>::new();
        for connection in connections {
            let Some(details) = self.connections.get_mut(connection) else {
                continue;
            };
            let (id, popouts) = (details.participant, details.popouts.min(limits::POPOUTS));
            details.permission = None;
            let identities = by_place.entry(self.place_of(id)).or_default();
            identities.push(Room::identity(id, *connection));
            identities.extend((1..=popouts).map(|number| Room::popout(id, *connection, number)));
        }
        let removal = |(place, identities)| Effect::RemoveMedia {
            room: self.media_room(place),
            identities,
            revoke: self.now,
        };
        by_place.into_iter().map(removal).collect()
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
                    room: self.media_room_of(id),
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
