// SPDX-License-Identifier: EUPL-1.2
//! The document of the wire is what travels: it is fresh, and every frame of the transcripts and every example is as it says,
//! no field more and none less.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use konvent_meeting::{COMMANDS, document, page};
use serde_json::{Value, json};

fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn read(below: &str) -> String {
    fs::read_to_string(path(below)).expect("the file is there")
}

#[test]
fn the_checked_in_document_and_its_page_are_what_the_program_says() {
    let hint = "run: cargo run -p konvent-meeting --example signaling; then, in web: npm run api";
    assert!(read("../../docs/api/signaling.json") == document(), "{hint}");
    let written = read("../../docs/api/signaling.md");
    assert!(page(&written).as_ref() == Some(&written), "{hint}");
}

struct Document(Value);

/// One way in which a value may look.
#[derive(Clone)]
enum Shape<'a> {
    Object {
        fields: BTreeMap<&'a str, &'a Value>,
        required: BTreeSet<&'a str>,
        others: Option<&'a Value>,
    },
    /// A type that is no object.
    Plain(&'a str, &'a Value),
}

impl Document {
    fn read() -> Document {
        Document(serde_json::from_str(&document()).expect("the document is JSON"))
    }

    fn schema(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }

    fn shapes<'a>(&'a self, schema: &'a Value) -> Vec<Shape<'a>> {
        if let Some(target) = schema["$ref"].as_str() {
            return self.shapes(self.schema(target.rsplit('/').next().expect("a name")));
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            return choices.iter().flat_map(|choice| self.shapes(choice)).collect();
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let whole = parts.iter().map(|part| self.shapes(part));
            return whole.reduce(together).expect("a whole has parts");
        }
        let kinds = match &schema["type"] {
            Value::String(kind) => vec![kind.as_str()],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => panic!("{schema} is not read here"),
        };
        let shape = |kind| match kind {
            "object" => Shape::Object {
                fields: texts(&schema["properties"]).collect(),
                required: schema["required"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect(),
                others: schema.get("additionalProperties"),
            },
            other => Shape::Plain(other, schema),
        };
        kinds.into_iter().map(shape).collect()
    }

    /// Whether a value is as the schema says, with no field more and none less.
    fn holds(&self, schema: &Value, value: &Value) -> bool {
        self.shapes(schema).iter().any(|shape| match shape {
            Shape::Object {
                fields,
                required,
                others,
            } => value.as_object().is_some_and(|object| {
                let known = |(name, value): (&String, &Value)| {
                    let schema = fields.get(name.as_str()).copied().or(*others);
                    schema.is_some_and(|schema| self.holds(schema, value))
                };
                required.iter().all(|name| object.contains_key(*name)) && object.iter().all(known)
            }),
            Shape::Plain("null", _) => value.is_null(),
            Shape::Plain("boolean", _) => value.is_boolean(),
            Shape::Plain("integer", _) => value.is_u64(),
            Shape::Plain("string", schema) => {
                let words = schema["enum"].as_array();
                value.is_string() && words.is_none_or(|words| words.contains(value))
            }
            Shape::Plain("array", schema) => value
                .as_array()
                .is_some_and(|items| items.iter().all(|item| self.holds(&schema["items"], item))),
            Shape::Plain(other, _) => panic!("{other} is not read here"),
        })
    }
}

fn texts(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

/// Every way in which an object may look that is both.
fn together<'a>(these: Vec<Shape<'a>>, those: Vec<Shape<'a>>) -> Vec<Shape<'a>> {
    let mut both = Vec::new();
    for this in &these {
        for that in &those {
            let mut shape = this.clone();
            if let (
                Shape::Object { fields, required, .. },
                Shape::Object {
                    fields: more,
                    required: also,
                    ..
                },
            ) = (&mut shape, that)
            {
                fields.extend(more);
                required.extend(also);
                both.push(shape);
            }
        }
    }
    both
}

/// What the transcripts show: namespace and payload of every frame.
fn heard() -> Vec<(String, Value)> {
    let mut heard = Vec::new();
    for entry in fs::read_dir(path("tests/meeting/transcripts"))
        .expect("the transcripts are there")
        .flatten()
    {
        if entry.path().extension().is_none_or(|extension| extension != "snap") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).expect("a transcript");
        for (_, frame) in text.lines().filter_map(|line| line.split_once(" <- ")) {
            let (namespace, payload) = frame.split_once(' ').expect("NAMESPACE PAYLOAD");
            let payload = payload.trim_start_matches("(reply) ");
            heard.push((
                namespace.to_owned(),
                serde_json::from_str(payload).expect("a payload is JSON"),
            ));
        }
    }
    heard
}

#[test]
fn every_frame_of_the_transcripts_is_as_the_document_says() {
    let document = Document::read();
    let heard = heard();
    assert!(heard.len() > 100, "the transcripts were not read: {}", heard.len());
    for (namespace, payload) in heard {
        let frame = json!({ "namespace": namespace, "timestamp": "2026-01-01T00:00:00Z", "payload": payload });
        assert!(
            document.holds(document.schema("ServerFrame"), &frame),
            "{namespace} {payload}"
        );
    }
}

#[test]
fn every_example_of_a_command_is_as_the_document_says() {
    let document = Document::read();
    for (namespace, example) in COMMANDS
        .iter()
        .flat_map(|(namespace, examples)| examples.iter().map(move |example| (namespace, example)))
    {
        let payload: Value = serde_json::from_str(example).expect("an example is JSON");
        let frame = json!({ "namespace": namespace, "payload": payload, "transaction_id": 1 });
        assert!(
            document.holds(document.schema("ClientFrame"), &frame),
            "{namespace} {example}"
        );
    }
}

#[test]
fn a_frame_with_a_field_more_or_less_is_not_as_the_document_says() {
    let document = Document::read();
    let frame = |payload: Value| json!({ "namespace": "chat", "payload": payload });
    let holds = |payload: Value| document.holds(document.schema("ClientFrame"), &frame(payload));
    assert!(holds(
        json!({ "action": "send_message", "content": "Hello", "scope": "global" })
    ));
    assert!(!holds(json!({ "action": "send_message", "content": "Hello" })));
    assert!(!holds(
        json!({ "action": "send_message", "content": "Hello", "scope": "global", "more": 1 })
    ));
    assert!(!holds(
        json!({ "action": "send_message", "content": 5, "scope": "global" })
    ));
}
