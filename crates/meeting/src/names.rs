// SPDX-License-Identifier: EUPL-1.2
//! Names that people read: of themselves, of files, of meetings. How long a name may be is not decided here. The one
//! rule: a name shows something, and shows it in the order in which it was written.

use unicode_normalization::char::is_combining_mark;

/// Whether people can read this: at least one visible character, no control characters, and none that turns the order of
/// the text around it (Unicode property `Bidi_Control`, UAX #9), which would make `exe.gnp` of `png.exe`.
#[must_use]
pub fn is_readable(name: &str) -> bool {
    name.chars().any(is_visible)
        && !name
            .chars()
            .any(|c| c.is_control() || is_bidi_control(c) || is_separator(c))
}

/// What begins a new line, or says that a note about the text follows.
fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}')
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Neither space nor a character without a shape: Unicode property `Default_Ignorable_Code_Point`, and the three that are
/// blank without being spaces.
fn is_visible(c: char) -> bool {
    let blank = matches!(c, '\u{2800}' | '\u{1D159}' | '\u{FFFC}');
    let ignorable = matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}');
    // What only adds to a letter shows nothing of its own.
    !c.is_whitespace() && !c.is_control() && !blank && !ignorable && !is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::is_readable;

    #[test]
    fn a_name_shows_something_and_turns_nothing_around() {
        for name in [
            "Anna",
            "  Åsa ",
            "李",
            "נועה",
            "مريم",
            "👩\u{200D}🔬",
            "e\u{301}",
            "O’Neil",
        ] {
            assert!(is_readable(name), "{name:?}");
        }
        for name in [
            "",
            " ",
            "\u{200B}\u{200D}",
            "\u{3164}",
            "\u{2800}",
            "\u{FEFF}\u{FE0F}",
            "\u{E0041}",
            "\u{AD}",
            "\u{301}\u{301}",
            "\u{20DD} \u{9BE}",
            "Anna\n",
            "Anna\u{7}",
            "Anna\u{2028}x",
            "\u{FFF9}Anna",
            "gnp\u{202E}exe.txt",
            "Anna\u{200F}",
            "\u{2066}Anna\u{2069}",
        ] {
            assert!(!is_readable(name), "{name:?}");
        }
    }
}
