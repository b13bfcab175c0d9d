// SPDX-License-Identifier: EUPL-1.2
//! What stops the program from starting, as one plain sentence in the language of whoever started it. Not for errors
//! while running. Each sentence says what to do.

use std::fmt;

/// The languages the program itself speaks on the terminal; the web client has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    German,
}

impl Language {
    pub fn of<'a>(self, english: &'a str, german: &'a str) -> &'a str {
        match self {
            Language::English => english,
            Language::German => german,
        }
    }
}

#[derive(Debug)]
pub struct StartError {
    pub english: String,
    pub german: String,
}

impl StartError {
    pub fn new(english: impl Into<String>, german: impl Into<String>) -> StartError {
        StartError {
            english: english.into(),
            german: german.into(),
        }
    }

    pub fn text(&self, language: Language) -> &str {
        language.of(&self.english, &self.german)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.english)
    }
}

impl std::error::Error for StartError {}
