// SPDX-License-Identifier: EUPL-1.2
//! Pictures of people who have set none: their initials on a colour, drawn here (SVG). Nothing is looked up: the letters
//! are in the address. The rule: what comes from an address is letters and digits, or nothing.

/// White on each of them has a contrast above 4.5 to 1 (WCAG 1.4.3).
const COLOURS: [&str; 6] = ["#1f4e79", "#7a3b1d", "#2f5d3a", "#6a2c70", "#8a1f3d", "#37474f"];
const MOST_LETTERS: usize = 2;
/// Stands for somebody without a letter in their name.
const NONE: &str = "-";

/// The first letters of the first and the last word, for an address.
pub fn of(name: &str) -> String {
    let mut words = name.split_whitespace();
    let (first, last) = (words.next(), words.next_back());
    let letters = [first, last].into_iter().flatten();
    let letters: String = letters
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .collect();
    match letters.to_uppercase() {
        none if none.is_empty() => NONE.to_owned(),
        some => some.chars().take(MOST_LETTERS).collect(),
    }
}

/// The picture. `None`: these are no initials.
pub fn drawn(letters: &str) -> Option<String> {
    let shown = if letters == NONE { "" } else { letters };
    if shown.chars().count() > MOST_LETTERS || !shown.chars().all(char::is_alphanumeric) {
        return None;
    }
    let sum = letters.chars().map(|c| u32::from(c) as usize).sum::<usize>();
    let colour = COLOURS[sum % COLOURS.len()];
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 256 256\" width=\"256\" height=\"256\">\
         <rect width=\"256\" height=\"256\" fill=\"{colour}\"/>\
         <text x=\"128\" y=\"128\" dy=\"0.35em\" text-anchor=\"middle\" font-family=\"sans-serif\" font-size=\"104\" \
         fill=\"#fff\">{shown}</text></svg>\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        let cases = [
            ("Anna Maria Arndt", "AA"),
            ("ümit", "Ü"),
            ("(Gast) Özil", "GÖ"),
            ("guest@example.org", "G"),
            ("ﬁona", "FI"),
            ("王小明", "王"),
            ("  ", "-"),
            ("…", "-"),
        ];
        for (name, expected) in cases {
            assert_eq!(of(name), expected, "{name}");
            assert!(drawn(expected).is_some());
        }
    }

    #[test]
    fn nothing_but_letters_and_digits_is_drawn() {
        for letters in ["<a", "&l", "ABC", "A ", ""] {
            assert_eq!(drawn(letters).is_some(), letters.is_empty(), "{letters}");
        }
    }
}
