// SPDX-License-Identifier: EUPL-1.2
//! Access to media (profile §5): tokens and the permission to share a screen. Media itself is elsewhere. The one rule:
//! a permission given or taken once is in every token made later.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, Asking, Deed, Feature, Module, Needs, Refused, Setting};
use crate::engine::{Outbox, Room};
use crate::ids::{ConnectionId, ParticipantId};
use crate::ports::MediaSource;

/// What needs a permission where the room says so.
const SOURCE: MediaSource = MediaSource::ScreenShare;

#[derive(Default)]
pub(crate) struct Livekit;

#[derive(Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Command {
    CreateNewAccessToken,
    GrantScreenSharePermission { participants: BTreeSet<ParticipantId> },
    RevokeScreenSharePermission { participants: BTreeSet<ParticipantId> },
    RequestPopoutStreamAccessToken,
}

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

    fn needs(command: &Command) -> Needs {
        match command {
            Command::CreateNewAccessToken | Command::RequestPopoutStreamAccessToken => Needs::Inside,
            Command::GrantScreenSharePermission { .. } | Command::RevokeScreenSharePermission { .. } => {
                Needs::Moderator
            }
        }
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

    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Command) -> Result<(), Refused> {
        let (grant, participants) = match command {
            Command::CreateNewAccessToken => {
                let mut answer = room
                    .credentials(from.connection)
                    .ok_or(Refused::Code("livekit_unavailable"))?;
                answer["message"] = json!("credentials");
                room.reply(from.connection, Self::NAMESPACE, &answer);
                return Ok(());
            }
            Command::RequestPopoutStreamAccessToken => {
                let token = room
                    .popout_token(from.connection)
                    .ok_or(Refused::Code("livekit_unavailable"))?;
                let answer = json!({ "message": "popout_stream_access_token", "token": token });
                room.reply(from.connection, Self::NAMESPACE, &answer);
                return Ok(());
            }
            Command::GrantScreenSharePermission { participants } => (true, participants),
            Command::RevokeScreenSharePermission { participants } => (false, participants),
        };
        let unknown: Vec<_> = participants.iter().filter(|id| room.inside(**id).is_none()).collect();
        if !unknown.is_empty() {
            return Err(Refused::With(
                "unknown_participant",
                vec![("participant", json!(unknown))],
            ));
        }
        let rule = room.rights.rule_mut(SOURCE, Self::NAMESPACE);
        rule.said.extend(participants.iter().map(|id| (*id, grant)));
        let told = room.renew_media_permissions(participants.iter().copied());
        let event =
            json!({ "message": "screen_share_permissions_updated", "grant": grant, "participants": participants });
        room.once_done(told, move |room| room.reply(from.connection, Self::NAMESPACE, &event));
        Ok(())
    }

    fn joined(&mut self, room: &mut Outbox<'_>, _: ParticipantId, connection: ConnectionId) -> Option<Value> {
        let mut data = room.credentials(connection)?;
        data["microphone_restriction_state"] = json!(room.microphones());
        data["screen_share_requires_permission"] = json!(room.parameters.screen_share_requires_permission);
        Some(data)
    }
}
