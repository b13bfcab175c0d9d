// SPDX-License-Identifier: EUPL-1.2
//! The features of a meeting, one folder each, and the list of them. A feature never imports another one. The one rule:
//! what a command needs is stated before it can be carried out, and what nobody allowed is refused.

mod breakout;
mod chat;
mod echo;
mod livekit;
mod moderation;
mod polls;
mod raise_hands;
mod reaction;
mod timer;

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::engine::{AnyRefusal, CoreCommand, CoreRefusal, Outbox, Owner, Place, Room};
use crate::ids::{ConnectionId, EffectId, ParticipantId};
use crate::parameters::Role;
use crate::ports::Outcome;
pub(crate) use crate::ports::{Act, Deed, Setting};
use crate::wire;
use crate::words::{ByNamespace, Words};
pub(crate) use breakout::{Event as BreakoutEvent, Switched};
pub(crate) use echo::Event as EchoEvent;
pub(crate) use moderation::{Event as ModerationEvent, Kicked};

/// Who sent a command.
#[derive(Clone, Copy)]
pub(crate) struct Asking {
    pub participant: ParticipantId,
    pub connection: ConnectionId,
}

/// What a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Also somebody who waits may.
    Nothing,
    Inside,
    Moderator,
}

/// An expected refusal.
#[derive(Debug)]
pub(crate) enum Refused {
    /// In the words of its module, encoded.
    Said(Box<RawValue>),
    /// Not for those who wait.
    NotSupported,
    /// The tariff does not have this module.
    Disabled,
}

impl Refused {
    fn said(refusal: &impl Serialize) -> Refused {
        #[derive(Serialize)]
        struct Said<'a, R> {
            message: &'static str,
            #[serde(flatten)]
            refusal: &'a R,
        }
        let message = "error";
        Refused::Said(to_raw_value(&Said { message, refusal }).expect("a refusal has text keys and no failing parts"))
    }
}

impl From<CoreRefusal> for Refused {
    fn from(refusal: CoreRefusal) -> Refused {
        Refused::said(&refusal)
    }
}

impl From<AnyRefusal> for Refused {
    fn from(refusal: AnyRefusal) -> Refused {
        Refused::said(&refusal)
    }
}

/// Whether there is one of a feature for everybody, or one in each place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Meeting,
    /// Everything is about those in the same place, and nobody else hears of it.
    Place,
}

/// What a tariff knows of a feature; it calls the module as the feature calls its namespace.
#[derive(Clone, Copy)]
pub(crate) struct Module {
    /// Parts of it that can be disabled by themselves.
    pub features: &'static [&'static str],
    /// Without it there is no meeting: a tariff cannot disable it.
    pub indispensable: bool,
}

impl Module {
    pub const OPTIONAL: Module = Module {
        features: &[],
        indispensable: false,
    };
    pub const INDISPENSABLE: Module = Module {
        features: &[],
        indispensable: true,
    };
}

/// All that a meeting has to know of a feature. Whatever it says, asks for or waits for goes through its [`Outbox`].
pub(crate) trait Feature: Default {
    const NAMESPACE: &'static str;
    const MODULE: Module = Module::OPTIONAL;
    const SCOPE: Scope = Scope::Meeting;
    /// What is said to who is no moderator and has to be one.
    const NOT_A_MODERATOR: AnyRefusal = AnyRefusal::InsufficientPermissions;
    /// One payload of each command. The table of rights and the tests run over them.
    const EXAMPLES: &'static [&'static str];
    type Command: Serialize + DeserializeOwned + Clone + ToSchema + 'static;
    /// What it says, in its namespace.
    type Event: wire::Event + 'static;
    /// What a newcomer learns (`join_success.module_data`).
    type Snapshot: Serialize + ToSchema + 'static;
    /// What a newcomer learns of what is over (`join_success.ended`).
    type Ended: Serialize + ToSchema + 'static;
    /// What others see of somebody (`module_data` of a participant).
    type Peer: Serialize + ToSchema + 'static;
    /// Why it refuses a command, tagged `error`.
    type Refusal: Serialize + ToSchema + 'static;

    fn needs(command: &Self::Command) -> Needs;
    /// Whether the command is kept for a replay; what is not must change nothing that others see.
    fn journalled(_command: &Self::Command) -> bool {
        true
    }
    /// What the audit log says of this command before it is carried out; `None`: nothing, for it would change nothing.
    fn deed(&self, _room: &Room, _command: &Self::Command) -> Option<Deed> {
        None
    }
    /// Refused, it has changed nothing: no replay needs it.
    fn command(&mut self, room: &mut Outbox<'_>, from: Asking, command: Self::Command) -> Result<(), Self::Refusal>;
    /// Called before others hear of the newcomer.
    fn joined(
        &mut self,
        _room: &mut Outbox<'_>,
        _who: ParticipantId,
        _connection: ConnectionId,
    ) -> Option<Self::Snapshot> {
        None
    }
    /// Called when somebody inside comes to another place: what they learn there.
    fn arrived(
        &mut self,
        room: &mut Outbox<'_>,
        who: ParticipantId,
        connection: ConnectionId,
    ) -> Option<Self::Snapshot> {
        (Self::SCOPE == Scope::Place)
            .then(|| self.joined(room, who, connection))
            .flatten()
    }
    /// What was over before somebody came.
    fn ended(&self) -> Option<&Self::Ended> {
        None
    }
    /// Somebody left the meeting, or the place where this is one of several.
    fn left(&mut self, _room: &mut Outbox<'_>, _who: ParticipantId) {}
    /// A place is over; where there is one of this in each, that one is dropped.
    fn closed(&mut self, _place: Place) {}
    /// The instant of [`Outbox::wake_at`] has come.
    fn woke(&mut self, _room: &mut Outbox<'_>) {}
    /// The answer to an effect that this feature asked for.
    fn done(&mut self, _room: &mut Outbox<'_>, _id: EffectId, _outcome: &Outcome) {}
    /// What somebody here is by right has changed; `None`: they are not invited any more.
    fn right_changed(&mut self, _room: &mut Outbox<'_>, _who: ParticipantId, _right: Option<Role>) {}
    /// Whether something of this person is kept that others see.
    fn remembers(&self, _who: ParticipantId) -> bool {
        false
    }
    /// A guest who left will not be known again.
    fn forget(&mut self, _who: ParticipantId) {}
}

/// One of a feature for the meeting, or one for each place.
struct Instances<F>(BTreeMap<Option<Place>, F>);

impl<F> Default for Instances<F> {
    fn default() -> Instances<F> {
        Instances(BTreeMap::new())
    }
}

impl<F: Feature> Instances<F> {
    /// The one that is for people here, and where it speaks.
    fn at<'a>(&mut self, room: &'a mut Room, place: Place) -> (&mut F, Outbox<'a>) {
        let place = (F::SCOPE == Scope::Place).then_some(place);
        self.of(room, place)
    }

    fn of<'a>(&mut self, room: &'a mut Room, place: Option<Place>) -> (&mut F, Outbox<'a>) {
        let namespace = F::NAMESPACE;
        let outbox = Outbox::new(room, Owner { namespace, place });
        (self.0.entry(place).or_default(), outbox)
    }
}

fn encoded(part: &impl Serialize) -> Box<RawValue> {
    to_raw_value(part).expect("it has text keys and no failing parts")
}

/// What is over, by namespace.
#[derive(Default, Serialize)]
#[serde(transparent)]
pub(crate) struct EndedModules(BTreeMap<&'static str, Box<RawValue>>);

impl EndedModules {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What the features tell of a person, by namespace.
#[derive(Clone, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct PeerModules(BTreeMap<&'static str, Box<RawValue>>);

impl PeerModules {
    /// `None` takes it back.
    pub fn set<F: Feature>(&mut self, peer: Option<&F::Peer>) {
        match peer {
            Some(peer) => {
                self.0.insert(F::NAMESPACE, encoded(peer));
            }
            None => drop(self.0.remove(F::NAMESPACE)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Only of features of which there is one in each place.
    pub fn of_place(&self) -> PeerModules {
        let theirs = self.0.iter().filter(|(namespace, _)| is_of_place(namespace));
        PeerModules(theirs.map(|(namespace, peer)| (*namespace, peer.clone())).collect())
    }
}

const CORE: &str = "core";
const CORE_MODULE: Module = Module {
    features: &["guests_allowed"],
    indispensable: true,
};
const CORE_EXAMPLES: &[&str] = &[r#"{"action":"enter_room"}"#];

pub(crate) enum NotACommand {
    Namespace,
    Payload(serde_json::Error),
}

macro_rules! features {
    ($($name:ident::$feature:ident),* $(,)?) => {
        /// Every command there is by its namespace, with an example payload.
        pub const COMMANDS: &[(&str, &[&str])] =
            &[(CORE, CORE_EXAMPLES), $((<$name::$feature>::NAMESPACE, <$name::$feature>::EXAMPLES)),*];

        /// What this program can do, by the names that clients of the profile and tariffs look for.
        pub(crate) const MODULES: &[(&str, Module)] =
            &[(CORE, CORE_MODULE), $((<$name::$feature>::NAMESPACE, <$name::$feature>::MODULE)),*];

        fn is_of_place(namespace: &str) -> bool {
            false $(|| (namespace == <$name::$feature>::NAMESPACE && <$name::$feature>::SCOPE == Scope::Place))*
        }

        $(impl wire::Event for <$name::$feature as Feature>::Event {
            const NAMESPACE: &'static str = <$name::$feature>::NAMESPACE;
        })*

        /// What a newcomer learns of each module.
        #[derive(Serialize)]
        pub(crate) struct ModuleData {
            $(#[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<<$name::$feature as Feature>::Snapshot>,)*
        }

        impl ModuleData {
            pub fn retain(&mut self, keeps: impl Fn(&str) -> bool) {
                $(if !keeps(<$name::$feature>::NAMESPACE) {
                    self.$name = None;
                })*
            }
        }

        impl PartialSchema for ModuleData {
            fn schema() -> RefOr<Schema> {
                let all = ByNamespace::new("Snapshot");
                $(let all = all.module::<<$name::$feature as Feature>::Snapshot>(<$name::$feature>::NAMESPACE);)*
                all.build()
            }
        }

        impl ToSchema for ModuleData {}

        impl PartialSchema for EndedModules {
            fn schema() -> RefOr<Schema> {
                let all = ByNamespace::new("Ended");
                $(let all = all.module::<<$name::$feature as Feature>::Ended>(<$name::$feature>::NAMESPACE);)*
                all.build()
            }
        }

        impl ToSchema for EndedModules {}

        impl PartialSchema for PeerModules {
            fn schema() -> RefOr<Schema> {
                let all = ByNamespace::new("Peer");
                $(let all = all.module::<<$name::$feature as Feature>::Peer>(<$name::$feature>::NAMESPACE);)*
                all.build()
            }
        }

        impl ToSchema for PeerModules {}

        pub(crate) fn words() -> Vec<Words> {
            vec![$(
                Words::new(<$name::$feature>::NAMESPACE)
                    .part::<<$name::$feature as Feature>::Command>("Command")
                    .part::<<$name::$feature as Feature>::Event>("Event")
                    .part::<<$name::$feature as Feature>::Refusal>("Refusal")
                    .part::<<$name::$feature as Feature>::Snapshot>("Snapshot")
                    .part::<<$name::$feature as Feature>::Ended>("Ended")
                    .part::<<$name::$feature as Feature>::Peer>("Peer")
            ),*]
        }

        #[derive(Default)]
        pub(crate) struct Features { $($name: Instances<$name::$feature>,)* }

        /// Written down it is its payload.
        #[derive(Clone, Serialize)]
        #[serde(untagged)]
        pub(crate) enum Command { Core(CoreCommand), $($feature(<$name::$feature as Feature>::Command),)* }

        impl Command {
            pub fn parse(namespace: &str, payload: &RawValue) -> Result<Command, NotACommand> {
                match namespace {
                    CORE => serde_json::from_str(payload.get()).map(Command::Core).map_err(NotACommand::Payload),
                    $(<$name::$feature>::NAMESPACE => {
                        serde_json::from_str(payload.get()).map(Command::$feature).map_err(NotACommand::Payload)
                    })*
                    _ => Err(NotACommand::Namespace),
                }
            }

            pub fn namespace(&self) -> &'static str {
                match self {
                    Command::Core(_) => CORE,
                    $(Command::$feature(_) => <$name::$feature>::NAMESPACE,)*
                }
            }

            pub fn needs(&self) -> Needs {
                match self {
                    Command::Core(CoreCommand::EnterRoom) => Needs::Nothing,
                    $(Command::$feature(command) => <$name::$feature>::needs(command),)*
                }
            }

            pub fn not_a_moderator(&self) -> AnyRefusal {
                match self {
                    Command::Core(_) => AnyRefusal::InsufficientPermissions,
                    $(Command::$feature(_) => <$name::$feature>::NOT_A_MODERATOR,)*
                }
            }

            pub fn journalled(&self) -> bool {
                match self {
                    Command::Core(CoreCommand::EnterRoom) => true,
                    $(Command::$feature(command) => <$name::$feature>::journalled(command),)*
                }
            }
        }

        impl Features {
            pub fn deed(&mut self, room: &mut Room, place: Place, command: &Command) -> Option<Deed> {
                match command {
                    Command::Core(_) => None,
                    $(Command::$feature(command) => {
                        let (feature, outbox) = self.$name.at(room, place);
                        feature.deed(&outbox, command)
                    })*
                }
            }

            pub fn command(
                &mut self,
                room: &mut Room,
                place: Place,
                from: Asking,
                command: Command,
            ) -> Result<(), Refused> {
                match command {
                    Command::Core(_) => Ok(()),
                    $(Command::$feature(command) => {
                        let (feature, mut outbox) = self.$name.at(room, place);
                        let done = feature.command(&mut outbox, from, command);
                        done.map_err(|refusal| Refused::said(&refusal))
                    })*
                }
            }

            pub fn joined(
                &mut self,
                room: &mut Room,
                place: Place,
                who: ParticipantId,
                connection: ConnectionId,
            ) -> ModuleData {
                ModuleData {
                    $($name: {
                        let (feature, mut outbox) = self.$name.at(room, place);
                        feature.joined(&mut outbox, who, connection)
                    },)*
                }
            }

            pub fn arrived(
                &mut self,
                room: &mut Room,
                place: Place,
                who: ParticipantId,
                connection: ConnectionId,
            ) -> ModuleData {
                ModuleData {
                    $($name: {
                        let (feature, mut outbox) = self.$name.at(room, place);
                        feature.arrived(&mut outbox, who, connection)
                    },)*
                }
            }

            /// Nothing of this place is kept.
            pub fn close(&mut self, place: Place) {
                $(
                    self.$name.0.remove(&Some(place));
                    self.$name.0.values_mut().for_each(|feature| feature.closed(place));
                )*
            }

            pub fn ended(&mut self, room: &mut Room, place: Place) -> EndedModules {
                let mut all = EndedModules::default();
                $(if let Some(ended) = self.$name.at(room, place).0.ended() {
                    all.0.insert(<$name::$feature>::NAMESPACE, encoded(ended));
                })*
                all
            }

            /// Somebody is no longer here; `gone`: nor anywhere else in the meeting.
            pub fn left(&mut self, room: &mut Room, place: Place, who: ParticipantId, gone: bool) {
                $(if gone || <$name::$feature>::SCOPE == Scope::Place {
                    let (feature, mut outbox) = self.$name.at(room, place);
                    feature.left(&mut outbox, who);
                })*
            }

            pub fn woke(&mut self, room: &mut Room, owner: Owner) {
                $(if owner.namespace == <$name::$feature>::NAMESPACE {
                    let (feature, mut outbox) = self.$name.of(room, owner.place);
                    feature.woke(&mut outbox);
                })*
            }

            pub fn done(&mut self, room: &mut Room, owner: Owner, id: EffectId, outcome: &Outcome) {
                $(if owner.namespace == <$name::$feature>::NAMESPACE {
                    let (feature, mut outbox) = self.$name.of(room, owner.place);
                    feature.done(&mut outbox, id, outcome);
                })*
            }

            pub fn right_changed(&mut self, room: &mut Room, place: Place, who: ParticipantId, right: Option<Role>) {
                $({
                    let (feature, mut outbox) = self.$name.at(room, place);
                    feature.right_changed(&mut outbox, who, right);
                })*
            }

            pub fn remembers(&self, who: ParticipantId) -> bool {
                false $(|| self.$name.0.values().any(|feature| feature.remembers(who)))*
            }

            pub fn forget(&mut self, who: ParticipantId) {
                $(self.$name.0.values_mut().for_each(|feature| feature.forget(who));)*
            }
        }
    };
}

// The list. Snapshots, events and examples are in each folder.
features! {
    echo::Echo,
    chat::Chat,
    raise_hands::RaiseHands,
    reaction::Reactions,
    livekit::Livekit,
    moderation::Moderation,
    timer::Timer,
    polls::Polls,
    breakout::Breakout,
}
