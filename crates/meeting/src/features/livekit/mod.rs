// SPDX-License-Identifier: EUPL-1.2
//! Access to media (profile §5): tokens and the permission to share a screen. Media itself is elsewhere. The one rule:
//! a permission given or taken once is in every token made later.

mod wire;

use super::{Act, Asking, Deed, Feature, Module, Needs, Setting};
use crate::engine::{Outbox, Room};
use crate::ids::{ConnectionId, ParticipantId};
use crate::ports::MediaSource;
use crate::wire::Nothing;
use wire::{Command, Event, Refusal, Snapshot};

/// What needs a permission where the room says so.
const SOURCE: MediaSource = MediaSource::ScreenShare;

#[derive(Default)]
pub(crate) struct Livekit;

impl Feature for Livekit {
    const NAMESPACE: &'static str = "livekit";
    const MODULE: Module = Module::INDISPENSABLE;
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"action":"create_new_access_token"}"#,
        r#"{"action":"grant_screen_share_permission","participants":[]}"#,
        r#"{"action":"revoke_screen_share_permission","participants":[]}"#,
        r#"{"action":"request_popout_stream_access_token"}"#,
    ];
    type Command = Command;
    type Event = Event;
    type Snapshot = Snapshot;
    type Ended = Nothing;
    type Peer = Nothing;
    type Refusal = Refusal;

    fn needs(command: &Command) -> Needs {
        match command {
            Command::CreateNewAccessToken | Command::RequestPopoutStreamAccessToken => Needs::Inside,
            Command::GrantScreenSharePermission { .. } | Command::RevokeScreenSharePermission { .. } => {
                Needs::Moderator
            }
        }
    }

    /// A token allows what is known already from when somebody came in.
    fn journalled(command: &Command) -> bool {
        !matches!(command, Command::CreateNewAccessToken)
    }

    fn deed(&self, room: &Room, command: &Command) -> Option<Deed> {
        let (participants, grant, value) = match command {
            Command::GrantScreenSharePermission { participants } => (participants, true, Setting::Granted),
            Command::RevokeScreenSharePermission { participants } => (participants, false, Setting::Revoked),
            Command::CreateNewAccessToken | Command::RequestPopoutStreamAccessToken => return None,
        };
        let said = room.rights.rule(SOURCE, Self::NAMESPACE).map(|rule| &rule.said);
        let changes = |id: &ParticipantId| said.and_then(|said| said.get(id)) != Some(&grant);
        let changed: Vec<ParticipantId> = participants.iter().copied().filter(changes).collect();
        (!changed.is_empty()).then(|| Deed::new(Act::ScreenSharingSet).on(changed).to(value))
    }

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refusal> {
        let (grant, participants) = match command {
            Command::CreateNewAccessToken => {
                let credentials = room.credentials(from.connection).ok_or(Refusal::LivekitUnavailable)?;
                room.reply(from.connection, &Event::Credentials(credentials));
                return Ok(());
            }
            Command::RequestPopoutStreamAccessToken => {
                let token = room.popout_token(from.connection).ok_or(Refusal::LivekitUnavailable)?;
                room.reply(from.connection, &Event::PopoutStreamAccessToken { token });
                return Ok(());
            }
            Command::GrantScreenSharePermission { participants } => (true, participants),
            Command::RevokeScreenSharePermission { participants } => (false, participants),
        };
        let everybody = participants.iter().copied();
        let participant: Vec<_> = everybody.filter(|id| room.inside(*id).is_none()).collect();
        if !participant.is_empty() {
            return Err(Refusal::UnknownParticipant { participant });
        }
        let rule = room.rights.rule_mut(SOURCE, Self::NAMESPACE);
        rule.said.extend(participants.iter().map(|id| (*id, grant)));
        let told = room.renew_media_permissions(participants.iter().copied());
        let event = Event::ScreenSharePermissionsUpdated { grant, participants };
        room.once_done(told, move |room| room.reply(from.connection, &event));
        Ok(())
    }

    fn arrived(&mut self, room: &mut Outbox<'_>, who: ParticipantId, connection: ConnectionId) -> Option<Snapshot> {
        self.joined(room, who, connection)
    }

    fn joined(&mut self, room: &mut Outbox<'_>, _: ParticipantId, connection: ConnectionId) -> Option<Snapshot> {
        Some(Snapshot {
            credentials: room.credentials(connection)?,
            microphone_restriction_state: room.microphones(),
            screen_share_requires_permission: room.parameters.screen_share_requires_permission,
        })
    }
}
