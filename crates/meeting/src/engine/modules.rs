// SPDX-License-Identifier: EUPL-1.2
//! The modules of a meeting by the names that front ends look for, and what a tariff takes away. Not the modules. The one
//! rule: without the indispensable ones there is no meeting.

use std::collections::BTreeMap;

use crate::parameters::Tariff;

/// What this program can do, by the names that clients of the profile look for: modules with their features.
const MODULES: [(&str, &[&str]); 7] = [
    ("chat", &[]),
    ("core", &["guests_allowed"]),
    ("echo", &[]),
    ("livekit", &[]),
    ("moderation", &[]),
    ("raise_hands", &[]),
    ("reaction", &[]),
];

/// Without these there is no meeting: a tariff cannot disable them.
const INDISPENSABLE: [&str; 4] = ["core", "echo", "livekit", "moderation"];

impl Tariff {
    /// Modules and features that a meeting with this tariff has.
    #[must_use]
    pub fn enabled_modules(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let enabled = MODULES.into_iter().filter(|(module, _)| self.has(module));
        enabled
            .map(|(module, features)| {
                let off = |feature: &&str| self.disabled_features.contains(&format!("{module}::{feature}"));
                let features = features.iter().copied().filter(|feature| !off(feature)).collect();
                (module, features)
            })
            .collect()
    }

    pub(crate) fn has(&self, module: &str) -> bool {
        INDISPENSABLE.contains(&module) || !self.disabled_modules.iter().any(|disabled| disabled == module)
    }
}

/// Whether a tariff may disable this module, or this `module::feature`.
#[must_use]
pub fn can_be_disabled(word: &str) -> bool {
    match word.split_once("::") {
        None => !INDISPENSABLE.contains(&word) && MODULES.iter().any(|(module, _)| *module == word),
        Some((module, feature)) => MODULES
            .iter()
            .any(|(name, features)| *name == module && features.contains(&feature)),
    }
}
