// SPDX-License-Identifier: EUPL-1.2
//! What a tariff takes away of a meeting's modules. Which modules there are is in the list of features. The one rule:
//! without the indispensable ones there is no meeting.

use std::collections::BTreeMap;

use crate::features::MODULES;
use crate::parameters::Tariff;

impl Tariff {
    /// Modules and features that a meeting with this tariff has.
    #[must_use]
    pub fn enabled_modules(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let enabled = MODULES.iter().filter(|(name, _)| self.has(name));
        enabled
            .map(|(name, module)| {
                let off = |feature: &&str| self.disabled_features.contains(&format!("{name}::{feature}"));
                let features = module
                    .features
                    .iter()
                    .copied()
                    .filter(|feature| !off(feature))
                    .collect();
                (*name, features)
            })
            .collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        is_indispensable(name) || !self.disabled_modules.iter().any(|disabled| disabled == name)
    }
}

fn is_indispensable(name: &str) -> bool {
    MODULES
        .iter()
        .any(|(module, known)| *module == name && known.indispensable)
}

/// Whether a tariff may disable this module, or this `module::feature`.
#[must_use]
pub fn can_be_disabled(word: &str) -> bool {
    match word.split_once("::") {
        None => MODULES
            .iter()
            .any(|(name, module)| *name == word && !module.indispensable),
        Some((name, feature)) => MODULES
            .iter()
            .any(|(module, known)| *module == name && known.features.contains(&feature)),
    }
}
