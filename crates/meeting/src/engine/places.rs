// SPDX-License-Identifier: EUPL-1.2
//! Where people inside are: the main room or a breakout room. Which breakout rooms there are is not decided here. The
//! one rule: media and everything said in a place stay in it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::people::Member;
use super::room::{Departure, Room};
use crate::ids::{ConnectionId, ParticipantId};

/// A place within a meeting, as in `breakout.room` (profile §4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub(crate) enum Place {
    #[default]
    Main,
    Breakout(u32),
}

impl Room {
    /// Where somebody is; whoever is not inside yet will come to the main room.
    pub fn place_of(&self, who: ParticipantId) -> Place {
        self.member(who).map_or(Place::Main, |member| member.place)
    }

    /// Those of them who are inside and elsewhere go to this place. When the command is carried out they learn what there is,
    /// with the credentials for its media; then their media ends where they were.
    pub fn move_to(&mut self, people: &[ParticipantId], place: Place) {
        let elsewhere = people.iter().filter_map(|id| self.inside(*id));
        let elsewhere: Vec<&Member> = elsewhere.filter(|member| member.place != place).collect();
        let from: Vec<(ParticipantId, Place)> = elsewhere.iter().map(|member| (member.id, member.place)).collect();
        let connections: Vec<ConnectionId> = elsewhere
            .iter()
            .flat_map(|member| member.connections.iter().copied())
            .collect();
        let removals = self.removals(&connections);
        self.left_media.extend(removals);
        for (who, from) in from {
            self.places.insert(place);
            self.change(who, |member| member.place = place);
            self.departed.push(Departure { who, from, gone: false });
        }
    }

    /// These places are over: nobody is in them any more, and nothing of them is kept.
    pub fn close_places(&mut self, places: impl IntoIterator<Item = Place>) {
        self.closed.extend(places);
    }

    /// Says something after everybody who moves has been told where they are.
    pub fn once_moved(&mut self, say: impl FnOnce(&mut Room) + Send + 'static) {
        self.after_moves.push(Box::new(say));
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::Place;
    use crate::engine::{Outbox, Owner};
    use crate::ids::{ConnectionId, DeviceId, ParticipantId};
    use crate::parameters::{Dialect, Joining, ParticipationKind, Role};
    use crate::ports::{Effect, Input, Output};
    use crate::room_for_tests::{media_key, parameters};
    use crate::{Meeting, parse};

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn says(meeting: &mut Meeting, number: u128, frame: &str) -> Vec<Output> {
        let now = Timestamp::UNIX_EPOCH;
        let command = parse(frame, now).expect("a command");
        let connection = ConnectionId(id(number));
        meeting.handle(now, Input::Command { connection, command })
    }

    fn heard_by(outputs: &[Output]) -> Vec<u128> {
        let sent = outputs.iter().find_map(|output| match output {
            Output::Send { to, .. } => Some(to.iter().map(|to| to.0.as_u128()).collect()),
            _ => None,
        });
        sent.unwrap_or_default()
    }

    #[test]
    fn what_belongs_to_a_place_is_heard_and_holds_there_only_and_media_does_not_follow() {
        let mut meeting = Meeting::new(parameters(), media_key(), Timestamp::UNIX_EPOCH);
        for number in 1..=3 {
            let joining = Joining {
                connection: ConnectionId(id(number)),
                participant: ParticipantId(id(number)),
                device: DeviceId(id(number)),
                display_name: number.to_string(),
                avatar_url: None,
                role: Role::Moderator,
                kind: ParticipationKind::Registered,
                lobby: false,
                dialect: Dialect::July,
                media_url: "wss://media.example".into(),
            };
            meeting.handle(Timestamp::UNIX_EPOCH, Input::Join(joining));
        }
        meeting.room.move_to(&[ParticipantId(id(3))], Place::Breakout(7));
        // They know where to go before their media ends.
        let out = meeting.handle(Timestamp::UNIX_EPOCH, Input::Woke);
        assert_eq!(heard_by(&out), [3]);
        let [
            Output::Send { .. },
            Output::Send { .. },
            Output::Do {
                effect: Effect::RemoveMedia { room, .. },
                ..
            },
        ] = &out[..]
        else {
            panic!("{out:?}")
        };
        assert!(room.contains(":main:"));

        let restrict =
            r#"{"namespace":"reaction","payload":{"action":"enable_restrictions","unrestricted_participants":[]}}"#;
        assert_eq!(heard_by(&says(&mut meeting, 3, restrict)), [3]);
        let react = r#"{"namespace":"reaction","payload":{"action":"react","reaction":"heart"}}"#;
        assert_eq!(heard_by(&says(&mut meeting, 1, react)), [1, 2]);
        let chat = r#"{"namespace":"chat","payload":{"action":"send_message","scope":"global","content":"Hello"}}"#;
        assert_eq!(heard_by(&says(&mut meeting, 1, chat)), [1, 2, 3]);

        let seen = meeting.as_seen();
        for (number, restricted) in [(1, "disabled"), (2, "disabled"), (3, "enabled")] {
            let seen: serde_json::Value = serde_json::from_str(&seen[&ConnectionId(id(number))]).expect("JSON");
            assert_eq!(seen["module_data"]["reaction"]["restrictions"]["type"], restricted);
            let room = seen["module_data"]["livekit"]["room"].as_str().expect("a room");
            assert_eq!(room.contains(":main:"), number != 3);
        }

        // Gone from there, one comes back to the main room; the media room there is closed with the meeting.
        let (connection, graceful) = (ConnectionId(id(3)), true);
        let gone = meeting.handle(Timestamp::UNIX_EPOCH, Input::Disconnected { connection, graceful });
        assert!(
            matches!(&gone[0], Output::Do { effect: Effect::RemoveMedia { room, .. }, .. } if room.contains(":7:"))
        );
        assert_eq!(meeting.room.place_of(ParticipantId(id(3))), Place::Main);
        let ended = meeting.handle(Timestamp::UNIX_EPOCH, Input::Debrief);
        let deleted = ended.iter().filter(|output| {
            matches!(
                output,
                Output::Do {
                    effect: Effect::DeleteMediaRoom { .. },
                    ..
                }
            )
        });
        assert_eq!(deleted.count(), 2);
    }

    #[test]
    fn what_a_feature_waits_for_is_its_own_of_each_place_and_replaces_what_it_waited_for_before() {
        let mut meeting = Meeting::new(parameters(), media_key(), Timestamp::UNIX_EPOCH);
        let at = |second| Timestamp::from_second(second).expect("a time");
        let owner = |place| Owner {
            namespace: "reaction",
            place: Some(place),
        };
        let mut wait = |place, until: Option<i64>| {
            Outbox::new(&mut meeting.room, owner(place)).wake_at(until.map(at));
            let outputs = meeting.handle(Timestamp::UNIX_EPOCH, Input::Woke);
            outputs.iter().find_map(|output| match output {
                Output::WakeAt(at) => Some(at.as_second()),
                _ => None,
            })
        };
        assert_eq!(wait(Place::Main, Some(20)), Some(20));
        assert_eq!(wait(Place::Breakout(1), Some(10)), Some(10));
        assert_eq!(wait(Place::Breakout(1), Some(30)), Some(20));
        assert_eq!(wait(Place::Main, None), Some(30));
        // What is left is the minute of a meeting that nobody is in.
        assert_eq!(wait(Place::Breakout(1), None), Some(60));
    }
}
