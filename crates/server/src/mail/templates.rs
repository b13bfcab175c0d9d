// SPDX-License-Identifier: EUPL-1.2
//! The texts of mails, in German and English: built in, and each replaceable by a file of the operator's of the same name.
//! The first line of a text is the subject. The HTML of a mail is its text in `layout.html`, unless the operator has
//! written an HTML template of the same name.

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Value, context};

use crate::start_error::StartError;

macro_rules! built_in {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("templates/", $name)))),*] };
}

const BUILT_IN: [(&str, &str); 19] = built_in![
    "de/dates.txt",
    "de/when.txt",
    "de/meeting.txt",
    "de/invited.txt",
    "de/changed.txt",
    "de/cancelled.txt",
    "de/uninvited.txt",
    "de/password_reset.txt",
    "de/account_invitation.txt",
    "en/dates.txt",
    "en/when.txt",
    "en/meeting.txt",
    "en/invited.txt",
    "en/changed.txt",
    "en/cancelled.txt",
    "en/uninvited.txt",
    "en/password_reset.txt",
    "en/account_invitation.txt",
    "layout.html",
];

pub struct Templates(Environment<'static>);

pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Templates {
    /// `directory` may be empty: only what is built in.
    pub fn open(directory: &str) -> Result<Templates, StartError> {
        let wrong = |name: &str, reason: String| {
            StartError::new(
                format!("The mail template {name} cannot be used: {reason}."),
                format!("Die Mail-Vorlage {name} kann nicht verwendet werden: {reason}."),
            )
        };
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| wrong("*", format!("{error:#}")))?);
        if !directory.is_empty() && !Path::new(directory).is_dir() {
            return Err(wrong(directory, "mail.templates names no directory".to_owned()));
        }
        for (name, text) in BUILT_IN {
            let mut names = vec![(name.to_owned(), Some(text.to_owned()))];
            if let Some(stem) = name.strip_suffix(".txt") {
                names.push((format!("{stem}.html"), None));
            }
            for (name, built_in) in names {
                let own = Path::new(directory).join(&name);
                let text = if !directory.is_empty() && own.exists() {
                    let read = std::fs::read_to_string(&own);
                    Some(read.map_err(|error| wrong(&name, error.to_string()))?)
                } else {
                    built_in
                };
                if let Some(text) = text {
                    let added = environment.add_template_owned(name.clone(), text);
                    added.map_err(|error| wrong(&name, format!("{error:#}")))?;
                }
            }
        }
        Ok(Templates(environment))
    }

    /// `language`: `de` or `en`; `name` without its ending; what is in `about` can be used by name.
    pub fn render(&self, language: &str, name: &str, about: Value) -> anyhow::Result<Rendered> {
        let text = self.0.get_template(&format!("{language}/{name}.txt"))?.render(&about)?;
        let (subject, text) = text.split_once('\n').unwrap_or((&text, ""));
        let text = text.trim().to_owned() + "\n";
        let own = format!("{language}/{name}.html");
        let paragraphs = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
        let paragraphs: Value = paragraphs.map(Value::from).collect();
        let about = context! { subject, paragraphs, language, ..about };
        let html = match self.0.get_template(&own) {
            Ok(template) => template.render(about)?,
            Err(_) => self.0.get_template("layout.html")?.render(about)?,
        };
        Ok(Rendered {
            subject: subject.trim().to_owned(),
            text,
            html,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(title: &str, link: &str) -> Value {
        context! {
            name => "Jörg Müßig", link => link, organisation => "Stadt Köln",
            meeting => context! {
                title, description => "", organiser => context! { name => "Änne", email => "a@example.org" },
                has_password => true, timezone => "Europe/Berlin", is_all_day => false, is_one_day => true, repeats => "weekly",
                starts => context! { year => 2030, month => 5, day => 1, weekday => 2, time => "10:00" },
                ends => context! { year => 2030, month => 5, day => 1, weekday => 2, time => "11:30" },
            },
        }
    }

    #[test]
    fn a_german_invitation_reads_well() {
        let templates = Templates::open("").unwrap();
        let mail = templates
            .render("de", "invited", about("Haushalt", "https://meet.example.org/room/1"))
            .unwrap();
        assert_eq!(mail.subject, "Einladung: Haushalt");
        insta::assert_snapshot!(mail.text, @r#"
    Guten Tag Jörg Müßig,

    Änne lädt Sie zu einer Besprechung ein.

    Haushalt

    Mittwoch, 1. Mai 2030, 10:00 bis 11:30 Uhr (Zeit in Berlin)
    Serie: wöchentlich

    An der Besprechung teilnehmen:

    https://meet.example.org/room/1

    Die Besprechung ist mit einem Passwort geschützt. Sie erhalten es von der einladenden Person.
    "#);
    }

    #[test]
    fn an_english_cancellation_reads_well() {
        let templates = Templates::open("").unwrap();
        let mail = templates.render("en", "cancelled", about("Budget", "")).unwrap();
        assert_eq!(mail.subject, "Cancelled: Budget");
        insta::assert_snapshot!(mail.text, @r#"
    Hello Jörg Müßig,

    Änne has cancelled this meeting:

    Budget

    Wednesday, 1 May 2030, 10:00 to 11:30 (Berlin time)
    Series: weekly
    "#);
    }

    #[test]
    fn what_people_wrote_is_text_in_html() {
        let templates = Templates::open("").unwrap();
        let mail = templates
            .render("en", "invited", about("<script>alert(1)</script>", ""))
            .unwrap();
        assert!(!mail.html.contains("<script>"), "{}", mail.html);
        assert!(mail.html.contains("&lt;script&gt;"));
    }

    #[test]
    fn an_operator_s_file_replaces_a_text_and_a_broken_one_is_named() {
        let folder = std::env::temp_dir().join(format!("konvent-templates-{}", crate::clock::id()));
        std::fs::create_dir_all(folder.join("de")).unwrap();
        std::fs::write(
            folder.join("de/invited.txt"),
            "Bitte kommen: {{ meeting.title }}\n\nText\n",
        )
        .unwrap();
        let directory = folder.to_str().unwrap().to_owned();
        let templates = Templates::open(&directory).unwrap();
        assert_eq!(
            templates.render("de", "invited", about("x", "")).unwrap().subject,
            "Bitte kommen: x"
        );
        assert_eq!(
            templates.render("en", "invited", about("x", "")).unwrap().subject,
            "Invitation: x"
        );
        std::fs::write(folder.join("de/changed.txt"), "{% if %}").unwrap();
        let error = Templates::open(&directory).err().unwrap();
        assert!(error.english.contains("de/changed.txt"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
