// SPDX-License-Identifier: EUPL-1.2
//! The types of one namespace as schemas, before they are one document. What is done with them is in `document`. The one
//! rule: a part is named after its namespace and what it is there.

use std::any::TypeId;

use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};

use crate::wire::Nothing;

/// One namespace: what travels in it, by what it is there (`Command`, `Event`, `Refusal`, `Snapshot`, `Ended`,
/// `Peer`).
pub(crate) struct Words {
    pub namespace: &'static str,
    pub parts: Vec<(&'static str, RefOr<Schema>)>,
    pub nested: Vec<(String, RefOr<Schema>)>,
}

impl Words {
    pub fn new(namespace: &'static str) -> Words {
        Words {
            namespace,
            parts: Vec::new(),
            nested: Vec::new(),
        }
    }

    pub fn part<T: ToSchema + 'static>(mut self, what: &'static str) -> Words {
        if exists::<T>() {
            self.parts.push((what, T::schema()));
            T::schemas(&mut self.nested);
        }
        self
    }

    pub fn name(&self, what: &str) -> String {
        name(self.namespace, what)
    }

    pub fn has(&self, what: &str) -> bool {
        self.parts.iter().any(|(part, _)| *part == what)
    }
}

/// `raise_hands`, `Event`: `RaiseHandsEvent`.
fn name(namespace: &str, what: &str) -> String {
    let words = namespace.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.chain([what.to_owned()]).collect()
}

fn exists<T: 'static>() -> bool {
    TypeId::of::<T>() != TypeId::of::<Nothing>()
}

/// An object with the same part of every module, each under its namespace; a module may be absent.
pub(crate) struct ByNamespace(&'static str, ObjectBuilder);

impl ByNamespace {
    pub fn new(what: &'static str) -> ByNamespace {
        ByNamespace(what, ObjectBuilder::new())
    }

    pub fn module<T: 'static>(self, namespace: &str) -> ByNamespace {
        let ByNamespace(what, object) = self;
        if exists::<T>() {
            let part = Ref::from_schema_name(name(namespace, what));
            return ByNamespace(what, object.property(namespace, part));
        }
        ByNamespace(what, object)
    }

    pub fn build(self) -> RefOr<Schema> {
        self.1.into()
    }
}
