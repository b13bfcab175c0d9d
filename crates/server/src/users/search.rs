// SPDX-License-Identifier: EUPL-1.2
//! How names are folded for the search: capitals, accents and umlauts do not count. Not the query: that is in `store`. A
//! name is kept in both ways of writing umlauts (`muller mueller`), so that either finds it.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Words of a query that count; the rest is ignored.
pub const MOST_WORDS: usize = 5;

/// What is stored to be searched: the folded words, each after a space.
pub fn terms(texts: &[&str]) -> String {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        for word in words(text) {
            for form in [plain(word), german(word)] {
                if !all.contains(&form) {
                    all.push(form);
                }
            }
        }
    }
    all.into_iter().map(|word| format!(" {word}")).collect()
}

/// Patterns for `LIKE`, always [`MOST_WORDS`] of them: each must fit. A word of the query fits the beginning
/// of a stored word. A query of signs alone fits nothing; an empty one everything.
pub fn patterns(query: &str) -> [String; MOST_WORDS] {
    let mut patterns = [const { String::new() }; MOST_WORDS];
    if !query.trim().is_empty() && words(query).next().is_none() {
        // Everything that is stored begins with a space.
        patterns.fill("-".into());
        return patterns;
    }
    let mut given = words(query);
    for pattern in &mut patterns {
        // Letters and digits only: nothing in them has to be escaped.
        *pattern = given.next().map_or("%".into(), |word| format!("% {}%", plain(word)));
    }
    patterns
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|word| !word.is_empty())
}

/// `ä` is `a`, `ß` is `ss`.
pub fn plain(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase).nfkd() {
        match c {
            c if is_combining_mark(c) => {}
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            c => folded.push(c),
        }
    }
    folded
}

/// `ä` is `ae`.
fn german(word: &str) -> String {
    let mut written = String::with_capacity(word.len());
    for c in word.nfc().flat_map(char::to_lowercase) {
        match c {
            'ä' => written.push_str("ae"),
            'ö' => written.push_str("oe"),
            'ü' => written.push_str("ue"),
            c => written.push(c),
        }
    }
    plain(&written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(stored: &str, query: &str) -> bool {
        let terms = terms(&[stored]);
        patterns(query)
            .iter()
            .all(|pattern| terms.contains(pattern.trim_matches('%')))
    }

    #[test]
    fn umlauts_accents_and_capitals_do_not_count() {
        for query in [
            "Müller",
            "MÜLLER",
            "muller",
            "Mueller",
            "mu\u{308}ll",
            "jürgen müll",
            "Juergen",
        ] {
            assert!(finds("Jürgen Müller", query), "{query}");
        }
        assert!(finds("Groß", "gross") && finds("Gross", "groß"));
        assert!(finds("Łukasz Żółć", "lukasz zolc") && finds("Åse Bjørn", "bjorn") && finds("André", "ANDRE"));
        assert!(finds("anna.arndt@musterstadt.example", "musterstadt") && finds("Anna-Lena", "lena"));
    }

    #[test]
    fn signs_alone_find_nobody() {
        for query in ["___", "%%%", "...", "_ %"] {
            assert!(!finds("Anna Arndt", query), "{query}");
        }
        assert!(finds("Anna Arndt", "_anna%"));
    }

    #[test]
    fn words_match_from_their_beginning_and_all_must() {
        assert!(!finds("Anna Arndt", "rndt"));
        assert!(!finds("Anna Arndt", "anna berg"));
    }
}
