// SPDX-License-Identifier: EUPL-1.2
//! The wire, described: every command, event, snapshot and refusal as JSON Schema, from the types that travel. It describes,
//! it carries nothing. The one rule: what stands here is read off a type, never written a second time.

mod page;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

use crate::engine::{AnyRefusal, CoreCommand, CoreEvent, CoreRefusal};
use crate::features::{self, COMMANDS, Command, Needs};
use crate::wire::FrameError;
use crate::words::Words;
pub use page::page;

/// Where the readable page lists what this document holds.
pub const PAGE: &str = "docs/api/signaling.md";

fn modules() -> Vec<Words> {
    let core = Words::new("core")
        .part::<CoreCommand>("Command")
        .part::<CoreEvent>("Event")
        .part::<CoreRefusal>("Refusal");
    let mut all = vec![core];
    all.extend(features::words());
    all.push(Words::new("error").part::<FrameError>("Event"));
    all
}

/// The whole document: OpenAPI 3.1 with components only. `ClientFrame` and `ServerFrame` are what travels.
pub fn document() -> String {
    let modules = modules();
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    let mut add = |name: String, schema: Value| {
        let before = schemas.insert(name.clone(), schema.clone());
        assert!(
            before.is_none_or(|before| before == schema),
            "two wire types are called {name}: give one another name, or #[schema(as = …)]"
        );
    };
    for module in &modules {
        for (name, schema) in &module.nested {
            add(name.clone(), value(schema));
        }
        for (what, schema) in &module.parts {
            let mut schema = value(schema);
            match *what {
                "Command" => say_who(&mut schema, module.namespace),
                "Refusal" => each_variant(&mut schema, say_error),
                _ => {}
            }
            add(module.name(what), schema);
        }
    }
    let mut refusal = value(&<AnyRefusal as utoipa::PartialSchema>::schema());
    each_variant(&mut refusal, say_error);
    add("AnyRefusal".to_owned(), refusal);
    add("ClientFrame".to_owned(), client_frame(&modules));
    add("ServerFrame".to_owned(), server_frame(&modules));
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Konvent: signaling",
            "description": format!("What travels over the WebSocket of a meeting. {PAGE} says how and when."),
            "license": { "name": "EUPL-1.2", "identifier": "EUPL-1.2" },
            "version": env!("CARGO_PKG_VERSION"),
        },
        "components": { "schemas": schemas },
    });
    serde_json::to_string_pretty(&document).expect("a document has text keys") + "\n"
}

fn value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).expect("a schema has text keys")
}

fn to(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn client_frame(modules: &[Words]) -> Value {
    let frames = modules.iter().filter(|module| module.has("Command")).map(|module| {
        json!({
            "type": "object",
            "required": ["namespace", "payload"],
            "properties": {
                "namespace": { "type": "string", "enum": [module.namespace] },
                "payload": to(&module.name("Command")),
                "transaction_id": {
                    "type": "integer", "format": "int64", "minimum": 0,
                    "description": "Comes back with the answer.",
                },
            },
        })
    });
    json!({ "description": "What a client sends.", "oneOf": frames.collect::<Vec<_>>() })
}

fn server_frame(modules: &[Words]) -> Value {
    let frames = modules.iter().map(|module| {
        let mut payload = vec![to(&module.name("Event"))];
        if module.has("Refusal") {
            payload.push(to(&module.name("Refusal")));
        }
        if module.has("Command") {
            payload.push(to("AnyRefusal"));
        }
        let payload = if payload.len() == 1 {
            payload.remove(0)
        } else {
            json!({ "oneOf": payload })
        };
        json!({
            "type": "object",
            "required": ["namespace", "timestamp", "payload"],
            "properties": {
                "namespace": { "type": "string", "enum": [module.namespace] },
                "timestamp": { "type": "string", "format": "date-time" },
                "payload": payload,
                "transaction_id": {
                    "type": "integer", "format": "int64", "minimum": 0,
                    "description": "Of the command that this answers.",
                },
            },
        })
    });
    json!({ "description": "What the server sends.", "oneOf": frames.collect::<Vec<_>>() })
}

/// Calls `change` with each variant of a tagged enum, and the tag's word there.
fn each_variant(schema: &mut Value, mut change: impl FnMut(&mut Map<String, Value>)) {
    let variants = schema["oneOf"].as_array_mut().expect("a tagged enum");
    for variant in variants {
        change(variant.as_object_mut().expect("a schema is an object"));
    }
}

/// Says in each command who may send it: `anybody`, `inside` or `moderator`, as the features' `needs` have it.
fn say_who(schema: &mut Value, namespace: &str) {
    let needs: BTreeMap<String, &str> = COMMANDS
        .iter()
        .filter(|(of, _)| *of == namespace)
        .flat_map(|(_, examples)| examples.iter())
        .map(|example| {
            let payload: &serde_json::value::RawValue = serde_json::from_str(example).expect("an example is JSON");
            let Ok(command) = Command::parse(namespace, payload) else {
                panic!("{namespace} {example} is no command");
            };
            let word: Value = serde_json::from_str(example).expect("an example is JSON");
            let who = match command.needs() {
                Needs::Nothing => "anybody",
                Needs::Inside => "inside",
                Needs::Moderator => "moderator",
            };
            (word["action"].as_str().expect("an action").to_owned(), who)
        })
        .collect();
    each_variant(schema, |variant| {
        let action = tag(variant, "action");
        let who = needs.get(&action);
        let who = who.unwrap_or_else(|| panic!("give an example of {namespace} {action}"));
        variant.insert("x-who".to_owned(), json!(who));
    });
}

/// What a refusal has beside its code.
fn say_error(variant: &mut Map<String, Value>) {
    let properties = variant["properties"].as_object_mut().expect("refusals have no parts");
    properties.insert("message".to_owned(), json!({ "type": "string", "enum": ["error"] }));
    let required = variant["required"].as_array_mut().expect("the code is required");
    required.push(json!("message"));
}

/// The word of a variant under its tag.
fn tag(variant: &Map<String, Value>, tag: &str) -> String {
    let parts = variant.get("allOf").and_then(Value::as_array);
    let parts = parts.into_iter().flatten().filter_map(Value::as_object);
    let word = parts
        .chain([variant])
        .find_map(|part| part.get("properties")?.get(tag)?["enum"][0].as_str());
    word.expect("a variant has its tag").to_owned()
}
