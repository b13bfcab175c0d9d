// SPDX-License-Identifier: EUPL-1.2
//! The table beneath the settings: a file and the environment laid over the defaults, and what of it is shown. Not what
//! the settings mean: that is in `config`. The rule: a key that the defaults do not name is an error, with file and line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use crate::start_error::StartError;

pub const PREFIX: &str = "KONVENT_";
/// Keys whose values are masked when they are shown.
const SECRET_KEYS: [&str; 4] = [
    "database.url",
    "directory.client_secret",
    "files.s3_secret_key",
    "mail.url",
];

/// A place in a settings file, for messages.
struct Place<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Place<'_> {
    fn line(&self, offset: usize) -> usize {
        self.text
            .get(..offset)
            .map_or(1, |before| before.matches('\n').count() + 1)
    }

    fn error(&self, offset: usize, english: impl fmt::Display, german: impl fmt::Display) -> StartError {
        let (file, line) = (self.file.display(), self.line(offset));
        StartError::new(
            format!("{file}, line {line}: {english}"),
            format!("{file}, Zeile {line}: {german}"),
        )
    }
}

pub fn overlay_file(table: &mut Table, file: &Path) -> Result<(), StartError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let file = file.display();
        StartError::new(
            format!("The settings file {file} cannot be read: {error}."),
            format!("Die Einstellungsdatei {file} kann nicht gelesen werden: {error}."),
        )
    })?;
    let place = Place { file, text: &text };
    let parsed = DeTable::parse(&text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let message = error.message();
        place.error(
            offset,
            format_args!("{message}."),
            format_args!("kein gültiges TOML ({message})."),
        )
    })?;
    overlay_table(table, parsed.get_ref(), "", &place)
}

fn overlay_table(table: &mut Table, from: &DeTable<'_>, path: &str, place: &Place<'_>) -> Result<(), StartError> {
    for (key, value) in from {
        let offset = key.span().start;
        let full = if path.is_empty() {
            key.get_ref().to_string()
        } else {
            format!("{path}.{}", key.get_ref())
        };
        let Some(known) = table.get_mut(key.get_ref().as_ref()) else {
            return Err(place.error(
                offset,
                format_args!("there is no setting {full}; `konvent config show` lists all."),
                format_args!("Es gibt keine Einstellung {full}; `konvent config show` zeigt alle."),
            ));
        };
        match (known, value.get_ref()) {
            (Value::Table(known), DeValue::Table(from)) => overlay_table(known, from, &full, place)?,
            (known, _) => *known = converted(value, known, &full, place)?,
        }
    }
    Ok(())
}

/// The value from the file, which must be of the kind that the default has.
fn converted(value: &Spanned<DeValue<'_>>, known: &Value, full: &str, place: &Place<'_>) -> Result<Value, StartError> {
    let new = match value.get_ref() {
        DeValue::String(text) => Some(Value::String(text.to_string())),
        DeValue::Boolean(flag) => Some(Value::Boolean(*flag)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(Value::Integer),
        DeValue::Array(items) => items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Some(Value::String(text.to_string())),
                _ => None,
            })
            .collect::<Option<Vec<Value>>>()
            .map(Value::Array),
        _ => None,
    };
    new.filter(|new| new.same_type(known)).ok_or_else(|| {
        let (english, german) = kind(known);
        place.error(
            value.span().start,
            format_args!("{full} must be {english}."),
            format_args!("{full} muss {german} sein."),
        )
    })
}

fn kind(value: &Value) -> (&'static str, &'static str) {
    match value {
        Value::String(_) => ("a text in quotation marks", "ein Text in Anführungszeichen"),
        Value::Integer(_) => ("a whole number", "eine ganze Zahl"),
        Value::Boolean(_) => ("true or false", "true oder false"),
        Value::Array(_) => ("a list of texts", "eine Liste von Texten"),
        _ => ("a section", "ein Abschnitt"),
    }
}

pub fn overlay_environment(table: &mut Table, variables: &BTreeMap<String, String>) -> Result<(), StartError> {
    let known: BTreeMap<String, String> = keys(table)
        .into_iter()
        .map(|key| (format!("{PREFIX}{}", key.to_uppercase().replace('.', "_")), key))
        .collect();
    for (name, text) in variables {
        let Some(key) = known.get(name) else {
            return Err(StartError::new(
                format!("The environment variable {name} belongs to no setting; `konvent config show` lists all."),
                format!("Die Umgebungsvariable {name} gehört zu keiner Einstellung; `konvent config show` zeigt alle."),
            ));
        };
        let default = get(table, key).expect("the key was listed from this table");
        let value = match default {
            Value::Integer(_) => text.parse().ok().map(Value::Integer),
            Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
            Value::Array(_) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Some(Value::Array(parts.map(|part| Value::String(part.into())).collect()))
            }
            _ => Some(Value::String(text.clone())),
        };
        let (english, german) = kind(default);
        let value = value.ok_or_else(|| {
            StartError::new(
                format!("The environment variable {name} must be {english}."),
                format!("Die Umgebungsvariable {name} muss {german} sein."),
            )
        })?;
        set(table, key, value);
    }
    Ok(())
}

/// Every `section.key` of the table.
fn keys(table: &Table) -> Vec<String> {
    let section = |(name, value): (&String, &Value)| match value {
        Value::Table(inner) => inner.keys().map(|key| format!("{name}.{key}")).collect(),
        _ => vec![name.clone()],
    };
    table.iter().flat_map(section).collect()
}

fn get<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (section, key) = key.split_once('.')?;
    table.get(section)?.get(key)
}

pub fn set(table: &mut Table, key: &str, value: Value) {
    let place = key
        .split_once('.')
        .and_then(|(section, key)| table.get_mut(section)?.get_mut(key));
    *place.expect("only keys of the defaults are set") = value;
}

pub fn masked(table: &Table) -> Table {
    let mut table = table.clone();
    for key in SECRET_KEYS {
        if get(&table, key)
            .and_then(Value::as_str)
            .is_some_and(|value| !value.is_empty())
        {
            set(&mut table, key, Value::String("********".into()));
        }
    }
    table
}

pub fn flat(table: &Table) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => {
                let inner = flat(inner).into_iter();
                shown.extend(inner.map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            Value::String(text) => shown.push((name.clone(), text.clone())),
            other => shown.push((name.clone(), other.to_string())),
        }
    }
    shown
}
