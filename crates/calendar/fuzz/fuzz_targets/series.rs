// SPDX-License-Identifier: EUPL-1.2
//! Looks for bytes that break what has to hold for every series. The same rules are checked on a few thousand by
//! `tests/rubbish.rs`.
#![no_main]

#[path = "../../tests/holds/mod.rs"]
mod holds;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    holds::of(bytes);
});
