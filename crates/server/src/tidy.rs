// SPDX-License-Identifier: EUPL-1.2
//! Tests of the tree itself: where things may stand, and what may not stand anywhere. They read files as text; what a compiler or a
//! linter can hold is left to it. The one rule: a finding names the file, the line and what to do.

mod graph;

use std::fs;
use std::path::{Path, PathBuf};

/// Longest file in lines, tests and generated code aside.
const MOST_LINES: usize = 600;

struct Source {
    /// Path from the root of the repository, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        ["/tests/", "/tests.rs", ".test.ts", "/e2e/", "/tidy", "interop/"]
            .iter()
            .any(|part| self.path.contains(part))
            || self.path.ends_with("_tests.rs")
    }

    fn is_generated(&self) -> bool {
        ["/proto/", "/generated", "schema.d.ts", ".gen.d.ts"]
            .iter()
            .any(|part| self.path.contains(part))
    }

    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the repository's root exists")
}

fn collect(folder: &Path, root: &Path, endings: &[&str], into: &mut Vec<Source>) {
    const SKIPPED: [&str; 7] = ["node_modules", "dist", "target", ".git", "data", "test-results", "venv"];
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !SKIPPED.contains(&name.as_str()) && !name.starts_with('.') {
                collect(&path, root, endings, into);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending))
            && let Ok(text) = fs::read_to_string(&path)
        {
            let path = path
                .strip_prefix(root)
                .expect("below the root")
                .to_string_lossy()
                .replace('\\', "/");
            into.push(Source { path, text });
        }
    }
}

fn sources(endings: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    for folder in ["crates", "web", "interop", "bench"] {
        collect(&root.join(folder), &root, endings, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "no sources found below {}", root.display());
    found
}

fn nothing(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn every_source_file_names_its_licence() {
    let findings: Vec<String> = sources(&[".rs", ".ts", ".tsx", ".css", ".mjs", ".go", ".py"])
        .iter()
        .filter(|source| {
            !source.is_generated()
                && !source
                    .text
                    .lines()
                    .take(3)
                    .any(|l| l.contains("SPDX-License-Identifier"))
        })
        .map(|source| format!("{}: begin with an SPDX-License-Identifier line", source.path))
        .collect();
    nothing(&findings);
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let findings: Vec<String> = sources(&[".rs", ".ts", ".tsx"])
        .iter()
        .filter(|source| !source.is_test() && !source.is_generated())
        .filter_map(|source| {
            let lines = source
                .text
                .split("#[cfg(test)]\nmod ")
                .next()
                .unwrap_or_default()
                .lines()
                .count();
            (lines > MOST_LINES).then(|| format!("{}: {lines} lines; is there a second thing in it?", source.path))
        })
        .collect();
    nothing(&findings);
}

#[test]
fn every_module_says_what_it_is() {
    let findings: Vec<String> = sources(&[".rs"])
        .iter()
        .filter(|source| !source.is_generated())
        .filter(|source| !source.text.lines().take(12).any(|line| line.starts_with("//!")))
        .map(|source| {
            format!(
                "{}: open with what it is, what it is not, and its one rule (//!)",
                source.path
            )
        })
        .collect();
    nothing(&findings);
}

#[test]
fn a_feature_never_imports_another_feature() {
    let mut findings = Vec::new();
    let all = sources(&[".rs", ".ts", ".tsx"]);
    let features = |prefix: &str| -> Vec<String> {
        let mut names: Vec<String> = all
            .iter()
            .filter_map(|source| {
                source
                    .path
                    .strip_prefix(prefix)?
                    .split_once('/')
                    .map(|(name, _)| name.to_owned())
            })
            .collect();
        names.dedup();
        names
    };
    let server = "crates/meeting/src/features/";
    for name in features(server) {
        for source in all
            .iter()
            .filter(|source| source.path.starts_with(&format!("{server}{name}/")) && !source.is_test())
        {
            for other in features(server).iter().filter(|other| **other != name) {
                for (number, line) in source.lines() {
                    if line.contains(&format!("features::{other}")) || line.contains(&format!("super::super::{other}"))
                    {
                        findings.push(format!(
                            "{}:{number}: imports {other}; what two need goes into the engine",
                            source.path
                        ));
                    }
                }
            }
        }
    }
    nothing(&findings);
}

#[test]
fn every_part_of_the_server_knows_only_what_stands_below_it() {
    nothing(&graph::upward(&sources(&[".rs"])));
}

#[test]
fn no_folders_of_a_package_import_each_other() {
    nothing(&graph::circles(&sources(&[".rs"])));
}

#[test]
fn what_the_audit_log_says_is_written_in_the_change_that_it_tells_of() {
    let elsewhere = |path: &str| {
        // Meetings have a recorder of their own, which commits in groups.
        let own = ["src/change/mod.rs", "signaling/recorder.rs"];
        !own.iter().any(|file| path.ends_with(file)) && !path.contains("src/audit/")
    };
    let findings: Vec<String> = sources(&[".rs"])
        .iter()
        .filter(|source| source.path.starts_with("crates/server/src") && !source.is_test() && elsewhere(&source.path))
        .flat_map(|source| {
            let found = source.lines().filter(|(_, line)| line.contains("record_in("));
            let told = found.map(|(number, _)| format!("{}:{number}: give the entry to a `Change`", source.path));
            told.collect::<Vec<_>>()
        })
        .collect();
    nothing(&findings);
}

/// The document knows types by their name alone: of two it would describe one wrongly.
#[test]
fn no_two_types_of_the_rest_interface_have_the_same_name() {
    let mut seen = std::collections::BTreeMap::new();
    for source in sources(&[".rs"])
        .iter()
        .filter(|source| source.path.starts_with("crates/server/"))
    {
        for derived in source.text.split("ToSchema)]").skip(1) {
            let name = derived
                .lines()
                .take(8)
                .find_map(|line| line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum ")))
                .map(|rest| {
                    rest.split(|c: char| !c.is_alphanumeric())
                        .next()
                        .unwrap_or_default()
                        .to_owned()
                });
            if let Some(name) = name {
                let before = seen.insert(name.clone(), source.path.clone());
                assert!(
                    before.is_none(),
                    "{name}: in {} and {}",
                    before.unwrap_or_default(),
                    source.path
                );
            }
        }
    }
    assert!(seen.len() > 50, "{seen:?}");
}

/// What a meeting says is described from its types: whatever is put together from JSON, or sent as another type than its module
/// names, would be missing there.
#[test]
fn no_frame_of_a_meeting_is_written_by_hand() {
    const SPEAKERS: [&str; 3] = ["src/wire.rs", "src/engine/wire.rs", "src/features/mod.rs"];
    let mut findings = Vec::new();
    for source in sources(&[".rs"])
        .iter()
        .filter(|source| source.path.starts_with("crates/meeting/src/"))
        .filter(|source| !source.path.starts_with("crates/meeting/src/document/"))
    {
        let speaks = SPEAKERS.iter().any(|speaker| source.path.ends_with(speaker));
        let tests = source.lines().position(|(_, line)| line == "#[cfg(test)]");
        for (number, line) in source.lines().take(tests.unwrap_or(usize::MAX)) {
            let words = line.split(|c: char| !c.is_alphanumeric());
            let is_json = line.contains("json!") || words.into_iter().any(|word| word == "Value");
            if is_json || (!speaks && line.contains("Event for ")) {
                findings.push(format!(
                    "{}:{number}: what travels is a type of its module's wire.rs",
                    source.path
                ));
            }
        }
    }
    nothing(&findings);
}

#[test]
fn sql_stands_only_in_stores() {
    let findings: Vec<String> = sources(&[".rs"])
        .iter()
        .filter(|source| source.path.starts_with("crates/server/src"))
        .filter(|source| !source.path.ends_with("store.rs") && !source.path.ends_with("/db.rs") && !source.is_test())
        .flat_map(|source| {
            source
                .text
                .split("#[cfg(test)]\nmod ")
                .next()
                .unwrap_or_default()
                .lines()
                .enumerate()
                .filter(|(_, line)| {
                    ["sqlx::query", "SELECT ", "INSERT INTO", "DELETE FROM"]
                        .iter()
                        .any(|sql| line.contains(sql))
                })
                .map(|(index, _)| format!("{}:{}: SQL belongs in a store.rs", source.path, index + 1))
                .collect::<Vec<_>>()
        })
        .collect();
    nothing(&findings);
}

#[test]
fn names_are_nouns_of_the_field() {
    const EMPTY_WORDS: [&str; 7] = ["Manager", "Handler", "Service", "Helper", "Utils", "Impl", "Dto"];
    let mut findings = Vec::new();
    for source in sources(&[".rs", ".ts", ".tsx"])
        .iter()
        .filter(|source| !source.is_generated())
    {
        for (number, line) in source.lines() {
            let line = line
                .trim_start()
                .trim_start_matches("pub ")
                .trim_start_matches("export ");
            let Some(rest) = ["struct ", "enum ", "trait ", "class ", "interface ", "type "]
                .iter()
                .find_map(|kind| line.strip_prefix(kind))
            else {
                continue;
            };
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if EMPTY_WORDS.iter().any(|word| name.ends_with(word)) {
                findings.push(format!(
                    "{}:{number}: `{name}` says nothing; name the thing as its users do",
                    source.path
                ));
            }
        }
    }
    nothing(&findings);
}

#[test]
fn nothing_is_left_open_or_skipped() {
    // Put together here so that this file does not find itself.
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["#[ign", "ore"],
        ["test.sk", "ip("],
        ["test.fix", "me("],
        [".on", "ly("],
        ["todo", "!("],
    ]
    .map(|[left, right]| format!("{left}{right}"));
    let mut findings = Vec::new();
    for source in sources(&[".rs", ".ts", ".tsx", ".mjs", ".css", ".go", ".py"])
        .iter()
        .filter(|source| !source.is_generated())
    {
        for (number, line) in source.lines() {
            for mark in marks.iter().filter(|mark| line.contains(mark.as_str())) {
                findings.push(format!(
                    "{}:{number}: `{mark}`: finish it, or leave it out",
                    source.path
                ));
            }
        }
    }
    nothing(&findings);
}

#[test]
fn lock_files_name_no_download_address() {
    let mut found = Vec::new();
    let root = root();
    for folder in ["web", "interop", "crates"] {
        collect(&root.join(folder), &root, &["package-lock.json"], &mut found);
    }
    let findings: Vec<String> = found
        .iter()
        .flat_map(|source| {
            source
                .lines()
                .filter(|(_, line)| line.contains("\"resolved\": \"http"))
                .map(|(n, _)| format!("{}:{n}", source.path))
        })
        .map(|place| {
            format!("{place}: set omit-lockfile-registry-resolved=true in .npmrc and write the lock file again")
        })
        .collect();
    nothing(&findings);
}

#[test]
fn the_map_leads_to_places_that_exist() {
    let root = root();
    let mut findings = Vec::new();
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let text = fs::read_to_string(root.join(document)).unwrap_or_default();
        for (index, line) in text.lines().enumerate() {
            for (position, piece) in line.split('`').enumerate() {
                let is_path = position % 2 == 1
                    && [
                        "crates/",
                        "web/",
                        "docs/",
                        "config/",
                        "migrations/",
                        "bench/",
                        "interop/",
                    ]
                    .iter()
                    .any(|p| piece.starts_with(p))
                    && !piece.contains([' ', '*', '…', '<', '{']);
                let path = piece.split("::").next().unwrap_or_default();
                if is_path && !root.join(path).exists() {
                    findings.push(format!("{document}:{}: `{piece}` does not exist", index + 1));
                }
            }
        }
    }
    nothing(&findings);
}

#[test]
fn a_meeting_and_a_calendar_depend_on_no_runtime_socket_clock_database_or_tls() {
    const OUTSIDE: [&str; 9] = [
        "tokio",
        "mio",
        "socket2",
        "chrono",
        "sqlx-core",
        "rustls",
        "aws-lc-rs",
        "axum",
        "reqwest",
    ];
    let lock: toml::Table = fs::read_to_string(root().join("Cargo.lock"))
        .expect("Cargo.lock")
        .parse()
        .expect("valid");
    let packages = lock["package"].as_array().expect("packages");
    let mut open = vec!["konvent-meeting".to_owned(), "konvent-calendar".to_owned()];
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = open.pop() {
        // A lock file does not tell development from product: the two test tools are passed over.
        if seen.contains(&name) || name == "insta" || name == "proptest" {
            continue;
        }
        let wanted = packages
            .iter()
            .filter(|package| package["name"].as_str() == Some(&name));
        for dependency in wanted
            .filter_map(|package| package.get("dependencies")?.as_array())
            .flatten()
        {
            open.push(
                dependency
                    .as_str()
                    .unwrap_or_default()
                    .split(' ')
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            );
        }
        seen.push(name);
    }
    assert!(seen.contains(&"serde".to_owned()), "the walk found nothing");
    let findings: Vec<String> = OUTSIDE
        .iter()
        .filter(|outside| seen.iter().any(|name| name == *outside))
        .map(|outside| format!("crates/meeting or crates/calendar reaches {outside}: they are values"))
        .collect();
    nothing(&findings);
}
