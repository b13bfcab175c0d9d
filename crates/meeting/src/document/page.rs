// SPDX-License-Identifier: EUPL-1.2
//! The document as tables for readers. It adds no word of its own to what the types say. The one rule: what a type does not
//! tell (connecting, order, limits) stands in the page by hand, outside of this.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{document, modules, tag};

const BEGIN: &str = "<!-- begin: written by `cargo run -p konvent-meeting --example signaling` -->";
const END: &str = "<!-- end -->";

/// The page with its tables written anew. `None`: it has lost the marks between which they stand.
pub fn page(before: &str) -> Option<String> {
    let (head, rest) = before.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{BEGIN}\n\n{}{END}{tail}", tables()))
}

struct Page {
    schemas: Map<String, Value>,
    text: String,
}

fn tables() -> String {
    let mut document: Value = serde_json::from_str(&document()).expect("it is JSON");
    let Value::Object(schemas) = document["components"]["schemas"].take() else {
        unreachable!("there are components")
    };
    let mut page = Page {
        schemas,
        text: String::new(),
    };
    let mut listed = vec![
        "ClientFrame".to_owned(),
        "ServerFrame".to_owned(),
        "AnyRefusal".to_owned(),
    ];
    for module in modules() {
        page.line(&format!("## `{}`\n", module.namespace));
        for (what, _) in &module.parts {
            let what: &str = what;
            let name = module.name(what);
            match what {
                "Command" => page.variants(&name, "action", "| action | who | what |\n|---|---|---|"),
                "Event" if module.namespace == "error" => {
                    page.variants(&name, "error", "| error | what |\n|---|---|");
                }
                "Event" => page.variants(&name, "message", "| message | what |\n|---|---|"),
                "Refusal" => page.variants(&name, "error", "| refused with | what |\n|---|---|"),
                "Snapshot" => page.object(&name, &format!("`join_success.module_data.{}`", module.namespace)),
                "Ended" => page.object(&name, &format!("`join_success.ended.{}`", module.namespace)),
                _ => page.object(&name, &format!("`module_data.{}` of others", module.namespace)),
            }
            listed.push(name);
        }
    }
    page.line("## Refusals of any module\n");
    page.variants("AnyRefusal", "error", "| refused with | what |\n|---|---|");
    page.line("## Types\n");
    for name in page.schemas.keys().cloned().collect::<Vec<_>>() {
        if !listed.contains(&name) {
            page.line(&format!("### {name}\n"));
            page.named(&name);
        }
    }
    page.text
}

impl Page {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("a String takes all");
    }

    fn variants(&mut self, name: &str, by: &str, head: &str) {
        let schema = self.schemas[name].clone();
        self.line(head);
        let variants = schema["oneOf"].as_array().expect("a tagged enum");
        for variant in variants {
            let variant = variant.as_object().expect("a schema is an object");
            let who = variant.get("x-who").and_then(Value::as_str);
            let who = who.map(|who| format!("{who} | ")).unwrap_or_default();
            // A type with one variant says there what it is.
            let text = variant.get("description").or(schema.get("description"));
            let text = text.filter(|_| variant.contains_key("description") || variants.len() == 1);
            let mut what: Vec<String> = text.map(one_line).into_iter().collect();
            let fields = self.fields(&Value::Object(variant.clone()));
            // The words that say which variant it is stand in the first column.
            let fields = fields.into_iter().filter(|field| !field.of.starts_with('`'));
            what.extend(fields.map(Field::text));
            let word = tag(variant, by);
            self.line(&format!("| {word} | {who}{} |", what.join("<br>")));
        }
        self.line("");
    }

    fn object(&mut self, name: &str, head: &str) {
        let schema = self.schemas[name].clone();
        self.line(&format!("| {head} | |\n|---|---|"));
        for field in self.fields(&schema) {
            self.line(&field.row());
        }
        self.line("");
    }

    fn named(&mut self, name: &str) {
        let schema = self.schemas[name].clone();
        if let Some(text) = schema.get("description") {
            let text = one_line(text);
            self.line(&format!("{text}\n"));
        }
        let fields = self.fields(&schema);
        if !fields.is_empty() {
            self.line("| field | |\n|---|---|");
            for field in fields {
                self.line(&field.row());
            }
        } else if let Some(variants) = schema["oneOf"].as_array() {
            for variant in variants {
                let fields: Vec<String> = self.fields(variant).into_iter().map(Field::text).collect();
                let text = if fields.is_empty() {
                    type_of(variant)
                } else {
                    fields.join(", ")
                };
                self.line(&format!("- {text}"));
            }
        } else {
            let text = type_of(&schema);
            self.line(&text);
        }
        self.line("");
    }

    /// The fields of an object, with those of its parts.
    fn fields(&self, schema: &Value) -> Vec<Field> {
        if let Some(target) = target(schema) {
            let schema = &self.schemas[target];
            return if schema.get("oneOf").is_some() {
                vec![Field::of(&format!("… of {}", link(target)))]
            } else {
                self.fields(schema)
            };
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return parts.iter().flat_map(|part| self.fields(part)).collect();
        }
        let required = |name: &str| {
            let required = schema["required"].as_array();
            required.is_some_and(|names| names.iter().any(|known| known == name))
        };
        let properties = schema["properties"].as_object().into_iter().flatten();
        properties
            .map(|(name, schema)| Field {
                name: name.clone(),
                is_optional: !required(name),
                of: type_of(schema),
                text: schema.get("description").map(one_line).unwrap_or_default(),
            })
            .collect()
    }
}

struct Field {
    name: String,
    is_optional: bool,
    of: String,
    text: String,
}

impl Field {
    fn of(parts: &str) -> Field {
        Field {
            name: String::new(),
            is_optional: false,
            of: parts.to_owned(),
            text: String::new(),
        }
    }

    fn name(&self) -> String {
        match (self.name.as_str(), self.is_optional) {
            ("", _) => String::new(),
            (name, true) => format!("`{name}?` "),
            (name, false) => format!("`{name}` "),
        }
    }

    fn text(self) -> String {
        let text = if self.text.is_empty() {
            String::new()
        } else {
            format!(": {}", self.text)
        };
        format!("{}{}{text}", self.name(), self.of)
    }

    fn row(self) -> String {
        let text = if self.text.is_empty() {
            String::new()
        } else {
            format!(". {}", self.text)
        };
        format!("| {}| {}{text} |", self.name(), self.of)
    }
}

fn one_line(text: &Value) -> String {
    let text = text.as_str().unwrap_or_default();
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

fn target(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", name.to_lowercase())
}

/// A type in a few words.
fn type_of(schema: &Value) -> String {
    if let Some(target) = target(schema) {
        return link(target);
    }
    if let Some(parts) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
        return parts.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        let words = words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`"));
        return words.collect::<Vec<_>>().join(", ");
    }
    let name = |name: &str| match (name, schema["format"].as_str()) {
        ("string", Some("date-time")) => "time (RFC 3339)".to_owned(),
        ("string", Some("uuid")) => "UUID".to_owned(),
        ("array", _) => format!("list of {}", type_of(&schema["items"])),
        ("object", _) => match schema.get("additionalProperties") {
            Some(values) => format!("by name: {}", type_of(values)),
            None => "object".to_owned(),
        },
        (name, _) => name.to_owned(),
    };
    match &schema["type"] {
        Value::String(one) => name(one),
        Value::Array(several) => {
            let several = several.iter().filter_map(Value::as_str).map(name);
            several.collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    }
}
