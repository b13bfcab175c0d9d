// SPDX-License-Identifier: EUPL-1.2
//! Moderation: who may be here, in which role, under which name and with which microphone. What a role may do elsewhere
//! is each feature's. The one rule: the room's owner cannot be put out, put down or sent to wait.

mod deeds;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, Asking, Deed, Feature, Module, Needs};
use crate::engine::{Leaving, Outbox, Presence, Restriction, Room};
use crate::ids::{ConnectionId, EffectId, ParticipantId};
use crate::limits;
use crate::names::is_readable;
use crate::parameters::{Banned, Dialect, GuestAccess, Role, WaitingRoom};
use crate::ports::{Effect, MediaSource, Outcome};
use crate::wire::Nothing;
pub(crate) use wire::{BannedParticipant, Door, Event, Kicked, WaitingParticipant};
use wire::{Command, KickScope, Refusal, Snapshot};

#[derive(Default)]
pub(crate) struct Moderation {
    names: Restriction,
    /// Whose wish the mutings under way are.
    muting: BTreeMap<EffectId, ParticipantId>,
}

/// The waiting room that keeps out those who were just put out.
fn raise_waiting_room(room: &mut Outbox<'_>, guest: bool) {
    let wanted = if guest && room.waiting_room != WaitingRoom::ForEveryone {
        WaitingRoom::ForGuests
    } else {
        WaitingRoom::ForEveryone
    };
    room.set_waiting_room(wanted);
}

/// What moderators know of the door.
fn moderators_door(room: &Room) -> Door {
    let waiting = room.people_waiting().map(|member| WaitingParticipant {
        participant_id: member.id,
        connections: member.connections.clone(),
        accepted: member.presence == Presence::Waiting { accepted: true },
        joined_at: member.joined_at,
        display_name: member.display_name.clone(),
        avatar_url: member.avatar_url.clone(),
    });
    let banned = &room.parameters.banned;
    let banned = banned.iter().map(|(id, banned)| banned_participant(*id, banned));
    Door {
        waiting_room_participants: Some(waiting.collect()),
        banned_participants: Some(banned.collect()),
        ..door(room)
    }
}

/// What everybody inside knows of it.
fn door(room: &Room) -> Door {
    Door {
        waiting_room_enabled: room.waiting_room != WaitingRoom::Disabled,
        waiting_room: room.waiting_room,
        guest_access: room.parameters.guest_access,
        waiting_room_participants: None,
        banned_participants: None,
    }
}

fn banned_participant(id: ParticipantId, banned: &Banned) -> BannedParticipant {
    BannedParticipant {
        participant_id: id,
        display_name: banned.display_name.clone(),
        avatar_url: banned.avatar_url.clone(),
    }
}

impl Feature for Moderation {
    const NAMESPACE: &'static str = "moderation";
    const MODULE: Module = Module::INDISPENSABLE;
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"action":"kick","target":"00000000-0000-0000-0000-000000000000"}"#,
        r#"{"action":"ban","target":"00000000-0000-0000-0000-000000000000"}"#,
        r#"{"action":"unban","target":"00000000-0000-0000-0000-000000000000"}"#,
        r#"{"action":"update_role","participant_id":"00000000-0000-0000-0000-000000000000","new_role":"user"}"#,
        r#"{"action":"debrief","kick_scope":"guests"}"#,
        r#"{"action":"enable_waiting_room"}"#,
        r#"{"action":"disable_waiting_room"}"#,
        r#"{"action":"change_waiting_room_state","new_state":"disabled"}"#,
        r#"{"action":"send_to_waiting_room","target":"00000000-0000-0000-0000-000000000000"}"#,
        r#"{"action":"accept","target":"00000000-0000-0000-0000-000000000000"}"#,
        r#"{"action":"change_display_name","target":"00000000-0000-0000-0000-000000000000","new_name":"N"}"#,
        r#"{"action":"enable_display_name_change_restrictions","unrestricted_participants":[]}"#,
        r#"{"action":"disable_display_name_change_restrictions"}"#,
        r#"{"action":"mute","participants":[]}"#,
        r#"{"action":"enable_microphone_restrictions","unrestricted_participants":[]}"#,
        r#"{"action":"disable_microphone_restrictions"}"#,
    ];
    type Command = Command;
    type Event = Event;
    type Snapshot = Snapshot;
    type Ended = Nothing;
    type Peer = Nothing;
    type Refusal = Refusal;

    fn needs(command: &Command) -> Needs {
        match command {
            // Guests may change their own name unless restricted; checked in `rename`.
            Command::ChangeDisplayName { .. } => Needs::Inside,
            _ => Needs::Moderator,
        }
    }

    fn deed(&self, room: &Room, command: &Command) -> Option<Deed> {
        let changes = match command {
            Command::EnableWaitingRoom => room.waiting_room != WaitingRoom::ForEveryone,
            Command::DisableWaitingRoom => room.waiting_room != WaitingRoom::Disabled,
            Command::ChangeWaitingRoomState { new_state } => room.waiting_room != *new_state,
            Command::EnableDisplayNameChangeRestrictions {
                unrestricted_participants,
            } => !self.names.spares(unrestricted_participants),
            Command::DisableDisplayNameChangeRestrictions => self.names != Restriction::Disabled,
            Command::EnableMicrophoneRestrictions {
                unrestricted_participants,
            } => !room.microphones().spares(unrestricted_participants),
            Command::DisableMicrophoneRestrictions => room.microphones() != Restriction::Disabled,
            Command::Mute { participants } => !participants.is_empty(),
            Command::Debrief { kick_scope } => {
                room.waiting_room != debriefed_door(room, *kick_scope) || !leaving(room, *kick_scope).is_empty()
            }
            // These are refused where they would change nothing.
            _ => true,
        };
        command.deed().filter(|_| changes)
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refusal> {
        match command {
            Command::Kick { target } => kick(room, target),
            Command::Ban { target } => ban(room, from.participant, target),
            Command::Unban { target } => unban(room, target),
            Command::UpdateRole {
                participant_id,
                new_role,
            } => update_role(room, participant_id, new_role),
            Command::Debrief { kick_scope } => {
                debrief(room, from.participant, kick_scope);
                Ok(())
            }
            Command::EnableWaitingRoom => {
                room.set_waiting_room(WaitingRoom::ForEveryone);
                Ok(())
            }
            Command::DisableWaitingRoom => {
                room.set_waiting_room(WaitingRoom::Disabled);
                Ok(())
            }
            Command::ChangeWaitingRoomState { new_state } => {
                room.set_waiting_room(new_state);
                Ok(())
            }
            Command::SendToWaitingRoom { target } => send_to_waiting_room(room, target),
            Command::Accept { target } => match room.member(target).map(|member| member.presence) {
                Some(Presence::Waiting { accepted: false }) => {
                    room.accept(target);
                    Ok(())
                }
                _ => Err(Refusal::NotWaiting),
            },
            Command::ChangeDisplayName { target, new_name } => self.rename(room, from.participant, target, &new_name),
            Command::EnableDisplayNameChangeRestrictions {
                unrestricted_participants,
            } => {
                self.names = Restriction::Enabled {
                    unrestricted_participants: unrestricted_participants.clone(),
                };
                room.tell_all(&Event::DisplayNameChangeRestrictionsEnabled {
                    unrestricted_participants,
                });
                Ok(())
            }
            Command::DisableDisplayNameChangeRestrictions => {
                self.names = Restriction::Disabled;
                room.tell_all(&Event::DisplayNameChangeRestrictionsDisabled);
                Ok(())
            }
            Command::Mute { participants } => self.mute(room, from.participant, &participants),
            Command::EnableMicrophoneRestrictions {
                unrestricted_participants,
            } => {
                let event = Event::MicrophoneRestrictionsEnabled {
                    unrestricted_participants: unrestricted_participants.clone(),
                };
                restrict_microphones(
                    room,
                    Restriction::Enabled {
                        unrestricted_participants,
                    },
                    event,
                );
                Ok(())
            }
            Command::DisableMicrophoneRestrictions => {
                restrict_microphones(room, Restriction::Disabled, Event::MicrophoneRestrictionsDisabled);
                Ok(())
            }
        }
    }

    fn joined(&mut self, room: &mut Outbox<'_>, who: ParticipantId, _: ConnectionId) -> Option<Snapshot> {
        Some(Snapshot {
            door: if room.is_moderator(who) {
                moderators_door(room)
            } else {
                door(room)
            },
            raise_hands_enabled: None,
            display_name_change_restrictions: self.names.clone(),
        })
    }

    fn right_changed(&mut self, room: &mut Outbox<'_>, who: ParticipantId, right: Option<Role>) {
        let known = room.member(who).is_some_and(crate::engine::Member::is_registered);
        if !known || room.is_owner(who) {
            return;
        }
        room.change(who, |member| {
            member.right = right.unwrap_or(Role::User);
            member.given_role = None;
        });
        let inside = room.inside(who).map(|member| member.role);
        match (right, inside) {
            (None, _) => uninvite(room, who),
            (Some(right), Some(role)) if role != right => give_role(room, who, right),
            (Some(right), _) => room.change(who, |member| member.role = right),
        }
    }

    fn done(&mut self, room: &mut Outbox<'_>, id: EffectId, outcome: &Outcome) {
        let Some(moderator) = self.muting.remove(&id) else {
            return;
        };
        let Outcome::Muted(identities) = outcome else { return };
        let muted: BTreeSet<ParticipantId> = identities
            .iter()
            .filter_map(|identity| identity.split(':').next()?.parse().ok().map(ParticipantId))
            .collect();
        for person in muted {
            room.tell_person(person, &Event::Muted { moderator });
        }
    }
}

impl Moderation {
    fn rename(
        &mut self,
        room: &mut Outbox<'_>,
        by: ParticipantId,
        target: ParticipantId,
        new_name: &str,
    ) -> Result<(), Refusal> {
        let moderator = room.is_moderator(by);
        if !moderator && (by != target || !self.names.allows(by)) {
            return Err(Refusal::InsufficientPermissions);
        }
        let member = room.inside(target).ok_or(Refusal::UnknownParticipant)?;
        if member.is_registered() {
            return Err(Refusal::CannotChangeNameOfRegisteredUsers);
        }
        let new_name = new_name.trim();
        if new_name.len() > limits::NAME || !is_readable(new_name) {
            return Err(Refusal::InvalidDisplayName);
        }
        let old_name = member.display_name.clone();
        room.change(target, |member| new_name.clone_into(&mut member.display_name));
        let renamed = old_name != new_name;
        room.tell_all(&Event::DisplayNameChanged {
            target,
            issued_by: by,
            old_name,
            new_name: new_name.to_owned(),
        });
        if by != target && renamed {
            let deed = Deed::new(Act::Renamed).on([target]);
            room.perform(Effect::Record { by, deed });
        }
        Ok(())
    }

    fn mute(
        &mut self,
        room: &mut Outbox<'_>,
        moderator: ParticipantId,
        participants: &BTreeSet<ParticipantId>,
    ) -> Result<(), Refusal> {
        let everybody = participants.iter().copied();
        let unknown: Vec<_> = everybody.filter(|id| room.inside(*id).is_none()).collect();
        if !unknown.is_empty() {
            return Err(Refusal::UnknownParticipants { participants: unknown });
        }
        let source = MediaSource::Microphone;
        for (media_room, identities) in room.identities(participants) {
            let id = room.perform(Effect::MuteMedia {
                room: media_room,
                identities,
                source,
            });
            self.muting.insert(id, moderator);
        }
        Ok(())
    }
}

fn kick(room: &mut Outbox<'_>, target: ParticipantId) -> Result<(), Refusal> {
    let member = room
        .member(target)
        .filter(|m| m.presence != Presence::Gone)
        .ok_or(Refusal::UnknownParticipant)?;
    if room.is_owner(target) {
        return Err(Refusal::CannotKickRoomOwner);
    }
    let guest = member.role == Role::Guest;
    raise_waiting_room(room, guest);
    room.tell_person(target, &Event::Kicked { reason: Kicked::Kicked });
    room.remove(target, Leaving::Kicked);
    forget_promotion(room, target);
    Ok(())
}

/// Somebody put out comes back as what they are by right.
fn forget_promotion(room: &mut Outbox<'_>, target: ParticipantId) {
    room.change(target, |member| {
        member.given_role = None;
        member.role = member.right;
    });
}

fn ban(room: &mut Outbox<'_>, by: ParticipantId, target: ParticipantId) -> Result<(), Refusal> {
    if by == target {
        return Err(Refusal::CannotBanSelf);
    }
    if room.is_owner(target) {
        return Err(Refusal::CannotBanRoomOwner);
    }
    if room.parameters.banned.contains_key(&target) {
        return Err(Refusal::AlreadyBanned);
    }
    let member = room.member(target).ok_or(Refusal::UnknownParticipant)?;
    if !member.is_registered() {
        return Err(Refusal::CannotBanGuests);
    }
    let banned = Banned {
        display_name: member.display_name.clone(),
        avatar_url: member.avatar_url.clone(),
    };
    let event = Event::ParticipantBanned(banned_participant(target, &banned));
    room.parameters.banned.insert(target, banned);
    room.perform(Effect::RecordBan { participant: target });
    room.tell_person(target, &Event::Banned);
    room.remove(target, Leaving::Banned);
    forget_promotion(room, target);
    tell_knowing_moderators(room, &event);
    Ok(())
}

fn unban(room: &mut Outbox<'_>, target: ParticipantId) -> Result<(), Refusal> {
    room.parameters.banned.remove(&target).ok_or(Refusal::AlreadyUnbanned)?;
    room.perform(Effect::ForgetBan { participant: target });
    tell_knowing_moderators(room, &Event::ParticipantUnbanned { participant_id: target });
    Ok(())
}

/// The older front end stumbles over these events.
fn tell_knowing_moderators(room: &mut Outbox<'_>, event: &Event) {
    let moderates = |member: &crate::engine::Member| member.role == Role::Moderator;
    room.tell_knowing(Dialect::July, moderates, event);
}

fn update_role(room: &mut Outbox<'_>, target: ParticipantId, new_role: Role) -> Result<(), Refusal> {
    let member = room.inside(target).ok_or(Refusal::UnknownParticipant)?;
    if room.is_owner(target) {
        return Err(Refusal::CannotChangeRoomOwnerRole);
    }
    if !member.is_registered() || new_role == Role::Guest {
        return Err(Refusal::UserCannotBeModerator);
    }
    if member.role == new_role {
        return Err(Refusal::RoleAlreadyAssigned);
    }
    room.change(target, |member| member.given_role = Some(new_role));
    give_role(room, target, new_role);
    Ok(())
}

/// Somebody inside has this role from now on; it is told when the media server knows of it.
fn give_role(room: &mut Outbox<'_>, target: ParticipantId, role: Role) {
    room.change(target, |member| member.role = role);
    let told = room.renew_media_permissions([target]);
    room.once_done(told, move |room| {
        let event = |moderator_data| Event::RoleUpdated {
            participant_id: target,
            new_role: role,
            moderator_data,
        };
        room.tell_some(|member| member.id != target, &event(None));
        let promoted = room.is_moderator(target) && role == Role::Moderator;
        let data = promoted.then(|| moderators_door(room));
        if room.inside(target).is_some() {
            room.tell_person(target, &event(data));
        }
    });
}

/// The invitation was taken back: what holds for guests holds for this person.
fn uninvite(room: &mut Outbox<'_>, who: ParticipantId) {
    let Some((place, role, right)) = room
        .member(who)
        .map(|member| (member.presence, member.role, member.right))
    else {
        return;
    };
    let waits = room.strangers_wait();
    room.change(who, |member| member.let_in = false);
    if place == Presence::Inside && !waits && room.parameters.guest_access != GuestAccess::Disabled {
        if role != right {
            give_role(room, who, right);
        }
        return;
    }
    room.change(who, |member| member.role = right);
    if room.parameters.guest_access == GuestAccess::Disabled {
        room.tell_person(who, &Event::Kicked { reason: Kicked::Kicked });
        room.remove(who, Leaving::Kicked);
        return;
    }
    match place {
        _ if !waits => {}
        Presence::Inside => room.send_to_waiting_room(who),
        Presence::Waiting { accepted: true } => {
            room.change(who, |member| member.presence = Presence::Waiting { accepted: false });
            room.tell_person(who, &Event::SentToWaitingRoom);
            room.announce_waiting(who);
        }
        Presence::Waiting { accepted: false } | Presence::Gone => {}
    }
}

/// Who waits from a debriefing on: at least those who were put out.
fn debriefed_door(room: &Room, scope: KickScope) -> WaitingRoom {
    match scope {
        KickScope::Guests if room.waiting_room != WaitingRoom::ForEveryone => WaitingRoom::ForGuests,
        _ => WaitingRoom::ForEveryone,
    }
}

/// Whom a debriefing puts out.
fn leaving(room: &Room, scope: KickScope) -> Vec<ParticipantId> {
    let goes = |role: Role| match scope {
        KickScope::Guests => role == Role::Guest,
        KickScope::UsersAndGuests => role != Role::Moderator,
        KickScope::All => true,
    };
    let members = room.members.values();
    members
        .filter(|member| member.presence != Presence::Gone && goes(member.role))
        .map(|member| member.id)
        .collect()
}

fn debrief(room: &mut Outbox<'_>, by: ParticipantId, scope: KickScope) {
    let door = debriefed_door(room, scope);
    room.set_waiting_room(door);
    room.tell_all(&Event::DebriefingStarted { issued_by: by });
    let leaving = leaving(room, scope);
    // Told before anybody is closed, so that nobody misses it.
    let reason = Kicked::Debriefed;
    room.tell_people(&leaving, &Event::Kicked { reason });
    for id in leaving {
        room.remove(id, Leaving::Debriefed);
    }
}

fn send_to_waiting_room(room: &mut Outbox<'_>, target: ParticipantId) -> Result<(), Refusal> {
    let member = room.inside(target).ok_or(Refusal::UnknownParticipant)?;
    if room.is_owner(target) {
        return Err(Refusal::CannotSendRoomOwnerToWaitingRoom);
    }
    let guest = member.role == Role::Guest;
    raise_waiting_room(room, guest);
    room.send_to_waiting_room(target);
    forget_promotion(room, target);
    Ok(())
}

fn restrict_microphones(room: &mut Outbox<'_>, restriction: Restriction, event: Event) {
    room.rights
        .restrict(MediaSource::Microphone, Moderation::NAMESPACE, &restriction);
    let told = room.renew_all_media_permissions();
    room.once_done(told, move |room| room.tell_all(&event));
}
