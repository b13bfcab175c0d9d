// SPDX-License-Identifier: EUPL-1.2
//! Who imports whom, read from the `use` paths of a package: a graph of its files, the order its parts stand in, and circles.
//! Text alone: what a macro makes up is not seen. Tests are left out: they may look everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;

/// The parts of the server, from the ground to the roof. A part knows those before it, never those after it.
const ORDER: [&str; 29] = [
    "ids",
    "clock",
    "start_error",
    "address",
    "allowance",
    "turns",
    "lock",
    "config",
    "data",
    "db",
    "http",
    "queue",
    "audit",
    "change",
    "tenants",
    "users",
    "tariffs",
    "rooms",
    "events",
    "calendar",
    "mail",
    "identity",
    "assets",
    "entry",
    "retention",
    "privacy",
    "backup",
    "media",
    "signaling",
];
/// What stands above all of them, in this order: the list of open parts, the doors, and the program that opens them.
const APP: usize = ORDER.len();
const DOORS: usize = APP + 1;
const PROGRAM: usize = DOORS + 1;
const SERVER: &str = "crates/server/src/";

/// Of each file, which others it imports. Names are relative to the package's `src`.
pub type Graph = BTreeMap<String, BTreeSet<String>>;

/// The graph of the files below a folder such as `crates/server/src/`.
pub fn of(sources: &[Source], src: &str) -> Graph {
    let files: Vec<(&str, &str)> = sources
        .iter()
        .filter(|source| !source.is_test() && source.path.ends_with(".rs"))
        .filter_map(|source| Some((source.path.strip_prefix(src)?, source.text.as_str())))
        .collect();
    let modules: BTreeMap<Vec<&str>, &str> = files.iter().map(|(file, _)| (module(file), *file)).collect();
    files
        .iter()
        .map(|(file, text)| {
            let found = imports(&module(file), &code(text), &modules);
            (
                (*file).to_owned(),
                found
                    .into_iter()
                    .filter(|other| other != file)
                    .map(str::to_owned)
                    .collect(),
            )
        })
        .collect()
}

/// `events/invites/store.rs` is the module `events::invites::store`.
fn module(file: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    if parts.last().is_some_and(|last| ["mod", "lib"].contains(last)) {
        parts.pop();
    }
    parts
}

/// The text without comments and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().map(|line| match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn imports<'a>(own: &[&str], code: &str, modules: &BTreeMap<Vec<&str>, &'a str>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut called: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (at, _) in code.match_indices("::") {
        let start = code[..at].rfind(|c: char| !is_word(c)).map_or(0, |before| before + 1);
        if !["crate", "super", "self"].contains(&&code[start..at]) || code[..start].ends_with("::") {
            continue;
        }
        for path in tree(&code[start..]) {
            let path = absolute(own, &path);
            if let Some((length, file)) = longest(&path, modules) {
                found.insert(file);
                if length == path.len() {
                    called.insert(path[length - 1].clone(), path);
                }
            }
        }
    }
    // What is imported as a module is used by its name: `users::store::by_id`.
    for (name, path) in called {
        let mark = format!("{name}::");
        for (at, _) in code.match_indices(&mark) {
            if code[..at].ends_with(|c: char| is_word(c) || c == ':') {
                continue;
            }
            for rest in tree(&code[at..]) {
                let whole: Vec<String> = path.iter().cloned().chain(rest.into_iter().skip(1)).collect();
                found.extend(longest(&whole, modules).map(|(_, file)| file));
            }
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The paths of a `use` tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn tree(text: &str) -> Vec<Vec<String>> {
    let mut rest = text;
    let mut path = Vec::new();
    loop {
        let word: String = rest.chars().take_while(|c| is_word(*c)).collect();
        if word.is_empty() {
            break;
        }
        rest = &rest[word.len()..];
        path.push(word);
        match rest.strip_prefix("::") {
            Some(after) => rest = after,
            None => break,
        }
    }
    let Some(inside) = rest.strip_prefix('{') else {
        return vec![path];
    };
    let mut paths = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                for below in tree(inside[start..at].trim()) {
                    paths.push(path.iter().cloned().chain(below).collect());
                }
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    paths
}

/// A path from the root of the package.
fn absolute(own: &[&str], path: &[String]) -> Vec<String> {
    let mut from: Vec<String> = match path[0].as_str() {
        "crate" => Vec::new(),
        _ => own.iter().map(|part| (*part).to_owned()).collect(),
    };
    for part in path {
        match part.as_str() {
            "crate" | "self" => {}
            "super" => _ = from.pop(),
            other => from.push(other.to_owned()),
        }
    }
    from
}

/// The module that a path leads into: how long its name is, and its file.
fn longest<'a>(path: &[String], modules: &BTreeMap<Vec<&str>, &'a str>) -> Option<(usize, &'a str)> {
    (1..=path.len()).rev().find_map(|length| {
        let name: Vec<&str> = path[..length].iter().map(String::as_str).collect();
        modules.get(&name).map(|file| (length, *file))
    })
}

/// Files that answer from outside: requests, commands, jobs.
fn is_door(file: &str) -> bool {
    let parts: Vec<&str> = file.split('/').collect();
    let (first, inner) = (parts[0], parts.get(1..).unwrap_or_default());
    ["door", "jobs", "setup"].contains(&first)
        || inner
            .iter()
            .any(|part| ["http", "http.rs", "admin.rs", "cli.rs"].contains(part))
}

fn part(file: &str) -> &str {
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

fn floor(file: &str) -> Option<usize> {
    match part(file) {
        _ if is_door(file) => Some(DOORS),
        "app" => Some(APP),
        "serve" | "start_text" | "lib" | "main" => Some(PROGRAM),
        part => ORDER.iter().position(|name| *name == part),
    }
}

/// Arrows of the server that lead up.
pub fn upward(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for (file, others) in &of(sources, SERVER) {
        let Some(own) = floor(file) else {
            findings.push(format!(
                "{SERVER}{file}: give `{}` its place in the order (tidy/graph.rs)",
                part(file)
            ));
            continue;
        };
        for other in others {
            match floor(other) {
                Some(APP) if own < APP => findings.push(format!(
                    "{SERVER}{file}: knows the whole program; only doors do. Take what it needs as an argument"
                )),
                Some(above) if above > own => findings.push(format!(
                    "{SERVER}{file}: imports {other}, which stands above it (tidy/graph.rs)"
                )),
                _ => {}
            }
        }
    }
    findings
}

/// Folders of a package that import each other, and doors of the server that do.
pub fn circles(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for src in [
        "crates/calendar/src/",
        "crates/meeting/src/",
        "crates/server/src/",
        "crates/sfu/src/",
    ] {
        let files = of(sources, src);
        let folder = |file: &str| match file.split_once('/') {
            // What a meeting does with a command: the one place of the engine that knows the features.
            _ if src.contains("meeting") && file == "engine/mod.rs" => None,
            _ if src == SERVER && is_door(file) => Some(file.to_owned()),
            Some((folder, _)) => Some(folder.to_owned()),
            None => None,
        };
        let mut folders = Graph::new();
        for (file, others) in &files {
            let Some(own) = folder(file) else { continue };
            let others = others
                .iter()
                .filter_map(|other| folder(other))
                .filter(|other| *other != own);
            folders.entry(own.clone()).or_default().extend(others);
        }
        if let Some(circle) = circle(&folders) {
            findings.push(format!("{src}: these import each other: {}", circle.join(" → ")));
        }
    }
    findings
}

/// One way that leads back to where it began.
fn circle(graph: &Graph) -> Option<Vec<String>> {
    let mut left: Graph = graph.clone();
    // Whatever imports nothing that is left is in no circle.
    loop {
        let done: Vec<String> = left
            .iter()
            .filter(|(_, others)| !others.iter().any(|other| left.contains_key(other)))
            .map(|(name, _)| name.clone())
            .collect();
        if done.is_empty() {
            break;
        }
        left.retain(|name, _| !done.contains(name));
    }
    let mut way = vec![left.keys().next()?.clone()];
    loop {
        let last = way.last()?;
        let next = left[last].iter().find(|other| left.contains_key(*other))?.clone();
        if let Some(first) = way.iter().position(|name| *name == next) {
            way.push(next);
            return Some(way.split_off(first));
        }
        way.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Vec<Source> {
        let source = |(path, text): &(&str, &str)| Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        files.iter().map(source).collect()
    }

    #[test]
    fn a_noun_that_knows_the_program_or_what_stands_above_it_is_found_however_it_is_written() {
        let files = [
            ("crates/server/src/app.rs", ""),
            ("crates/server/src/rooms/mod.rs", ""),
            (
                "crates/server/src/rooms/http.rs",
                "use crate::app::App;\nuse super::store;",
            ),
            ("crates/server/src/rooms/store.rs", "use crate::users::{self, store};"),
            ("crates/server/src/users/mod.rs", ""),
            ("crates/server/src/users/store.rs", "// crate::rooms::store"),
        ];
        assert_eq!(upward(&sources(&files)), Vec::<String>::new());
        for (text, found) in [
            ("use crate::app::App;", "knows the whole program"),
            ("fn of(app: &crate::app::App) {}", "knows the whole program"),
            ("use crate::{db, rooms::{store as rooms}};", "imports rooms/store.rs"),
            ("use super::super::rooms;", "imports rooms/mod.rs"),
            (
                "use crate::users;\nfn f() { super::http::me() }",
                "imports users/http.rs",
            ),
        ] {
            let mut with = files.to_vec();
            with.push(("crates/server/src/users/http.rs", ""));
            with.push(("crates/server/src/users/search.rs", text));
            let findings = upward(&sources(&with));
            assert_eq!(findings.len(), 1, "{text}: {findings:?}");
            assert!(findings[0].contains(found), "{findings:?}");
        }
    }

    #[test]
    fn folders_and_doors_that_import_each_other_are_found() {
        let one_way = [
            ("crates/sfu/src/shell/mod.rs", "use crate::core::Room;"),
            ("crates/sfu/src/core/mod.rs", ""),
            ("crates/server/src/rooms/http.rs", "use crate::events::http::remove;"),
            ("crates/server/src/events/http.rs", ""),
        ];
        assert_eq!(circles(&sources(&one_way)), Vec::<String>::new());
        let back = [("crates/sfu/src/core/sdp.rs", "use crate::shell::Socket;")];
        let found = circles(&sources(&[&one_way[..], &back].concat()));
        assert!(
            found.len() == 1 && found[0].contains("shell → core → shell") || found[0].contains("core → shell → core")
        );
        let back = [
            ("crates/server/src/rooms/http.rs", "use crate::events::http::remove;"),
            ("crates/server/src/events/http.rs", "use crate::rooms::http::too_many;"),
        ];
        assert_eq!(circles(&sources(&back)).len(), 1);
    }
}
