// SPDX-License-Identifier: EUPL-1.2
//! Hands a letter to the mail server. Not a queue: that is `jobs`. A mail server that does not answer, or answers "later",
//! is asked again; one that says this person does not exist is believed.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use konvent_calendar::Person;
use konvent_calendar::ics::Method;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use crate::config;
use crate::queue::Failed;
use crate::start_error::StartError;

const TIMEOUT: Duration = Duration::from_secs(30);

pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
}

/// One mail to one person. No `Debug`: all of it is personal.
pub struct Letter {
    pub to: Person,
    /// The name of the sender; the address is a setting.
    pub from_name: String,
    pub reply_to: Option<Person>,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub calendar: Option<(Method, String)>,
    /// Without angle brackets; the same for each attempt, so that nobody reads it twice.
    pub message_id: String,
}

impl Smtp {
    /// `host`: the name with which we greet the mail server.
    pub fn open(settings: &config::Mail, host: ClientId) -> Result<Smtp, StartError> {
        let wrong = |key: &str, reason: &str| {
            StartError::new(
                format!("The setting mail.{key} is not valid: {reason}."),
                format!("Die Einstellung mail.{key} ist ungültig: {reason}."),
            )
        };
        let url = settings.url.expose();
        let plain = url.strip_prefix("smtp://").filter(|rest| !rest.contains(['?', '#']));
        let plain = plain.ok_or_else(|| wrong("url", "smtp://user:password@host:port"))?;
        let url = match settings.tls.as_str() {
            "starttls" => format!("smtp://{plain}?tls=required"),
            "tls" => format!("smtps://{plain}"),
            _ => format!("smtp://{plain}"),
        };
        // The error may repeat the password: its kind is all that is shown.
        let unreadable = |_: Error| wrong("url", "smtp://user:password@host:port");
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(unreadable)?
            .timeout(Some(TIMEOUT))
            .hello_name(host);
        if !settings.ca_file.is_empty() && settings.tls != "none" {
            let pem = std::fs::read(&settings.ca_file).map_err(|error| wrong("ca_file", &error.to_string()))?;
            let certificate = Certificate::from_pem(&pem).map_err(|_| wrong("ca_file", "PEM"))?;
            let server = reqwest::Url::parse(&url).ok();
            let server = server.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
            let parameters = TlsParameters::builder(server.to_owned()).add_root_certificate(certificate);
            let parameters = parameters.build().map_err(|_| wrong("ca_file", "PEM"))?;
            builder = builder.tls(match settings.tls.as_str() {
                "tls" => Tls::Wrapper(parameters),
                _ => Tls::Required(parameters),
            });
        }
        Ok(Smtp {
            transport: builder.build(),
            from: settings.from.parse().map_err(|_| wrong("from", "name@example.org"))?,
        })
    }

    pub async fn send(&self, letter: Letter) -> Result<(), Failed> {
        let message = self.message(letter).map_err(Failed::ForGood)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => {
                // 550 to 556 and 501 are about the recipient or the mail itself; other refusals are about us.
                let code = error.status().map_or(0, u16::from);
                let error_text = anyhow!(shown(&error));
                Err(match code {
                    501 | 550..=556 => Failed::ForGood(error_text),
                    _ => Failed::ForNow(error_text),
                })
            }
        }
    }

    fn message(&self, letter: Letter) -> anyhow::Result<Message> {
        let mut builder = Message::builder()
            .from(Mailbox::new(Some(name(&letter.from_name)), self.from.clone()))
            .to(mailbox(&letter.to)?)
            .header(Subject(one_line(&letter.subject)))
            .message_id(Some(format!("<{}>", letter.message_id)))
            .header(AutoSubmitted);
        if let Some(person) = &letter.reply_to {
            builder = builder.reply_to(mailbox(person)?);
        }
        let mut texts = MultiPart::alternative()
            .singlepart(SinglePart::plain(letter.text))
            .singlepart(SinglePart::html(letter.html));
        let Some((method, calendar)) = letter.calendar else {
            return Ok(builder.multipart(texts)?);
        };
        let method = method.as_str();
        let kind = ContentType::parse(&format!("text/calendar; charset=utf-8; method={method}"))?;
        texts = texts.singlepart(SinglePart::builder().header(kind).body(calendar.clone()));
        let kind = ContentType::parse("application/ics; name=\"invite.ics\"")?;
        let attached = Attachment::new("invite.ics".to_owned()).body(calendar.into_bytes(), kind);
        let whole = MultiPart::mixed().multipart(texts).singlepart(attached);
        Ok(builder.multipart(whole)?)
    }
}

fn mailbox(person: &Person) -> anyhow::Result<Mailbox> {
    let address = person.email.parse().context("This is not an e-mail address.")?;
    let name = name(&person.name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
}

/// What stands in a header has no line ends.
fn one_line(text: &str) -> String {
    let plain = text.replace(char::is_control, " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What encoded words begin with (RFC 2047): readers decode them, whoever wrote them.
const ENCODED: &str = "=?";

/// A name in a header. One that would be decoded gets a mark in it that nobody sees, so that it is encoded as a whole.
fn name(text: &str) -> String {
    one_line(text).replace(ENCODED, "=\u{2060}?")
}

/// As it was written, even if it looks encoded.
#[derive(Clone)]
struct Subject(String);

impl Header for Subject {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Subject")
    }

    fn parse(text: &str) -> Result<Subject, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Subject(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        if !self.0.contains(ENCODED) {
            return HeaderValue::new(Subject::name(), self.0.clone());
        }
        // At most 75 characters a word; 45 bytes are 60 of them.
        let mut words = vec![String::new()];
        for c in self.0.chars() {
            if words.last().is_some_and(|word| word.len() + c.len_utf8() > 45) {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.push(c);
            }
        }
        let words = words
            .iter()
            .map(|word| format!("=?utf-8?b?{}?=", STANDARD.encode(word)));
        let encoded = words.collect::<Vec<_>>().join("\r\n ");
        HeaderValue::dangerous_new_pre_encoded(Subject::name(), self.0.clone(), encoded)
    }
}

/// What the mail server said, or why it was not reached.
fn shown(error: &Error) -> String {
    let mut text = format!("The mail server: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Tells absence notices and mailing lists that nobody wrote this by hand (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<AutoSubmitted, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(AutoSubmitted::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_wrote_becomes_a_header() {
        let settings = config::Mail {
            url: config::Secret::of("smtp://localhost"),
            tls: "none".into(),
            ca_file: String::new(),
            from: "konvent@example.org".into(),
            from_name: String::new(),
            language: "de".into(),
            templates: String::new(),
            guest_mails_per_hour: 0,
        };
        let smtp = Smtp::open(&settings, ClientId::Domain("meet.example.org".into()))
            .ok()
            .unwrap();
        let evil = "x\r\nBcc: all@example.org\nX-Evil: 1\r\n\r\nbody";
        let person = |email: &str| Person {
            name: evil.into(),
            email: email.into(),
        };
        let letter = |email: &str| Letter {
            to: person(email),
            from_name: evil.into(),
            reply_to: Some(person("anna@example.org")),
            subject: evil.into(),
            text: "text".into(),
            html: "<p>text</p>".into(),
            calendar: None,
            message_id: "1@meet.example.org".into(),
        };
        let message = smtp.message(letter("bo@example.org")).unwrap().formatted();
        let message = String::from_utf8(message).unwrap();
        let names: Vec<&str> = message
            .split("\r\n\r\n")
            .next()
            .unwrap()
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        let expected = [
            "From",
            "To",
            "Subject",
            "Message-ID",
            "Auto-Submitted",
            "Reply-To",
            "Date",
            "MIME-Version",
            "Content-Type",
        ];
        for name in &names {
            assert!(expected.contains(name), "{name}: {message}");
        }
        assert_eq!(names.len(), expected.len());
        for address in [
            "bo@example.org\r\nBcc: all@example.org",
            "bo@example.org, all@example.org",
        ] {
            assert!(smtp.message(letter(address)).is_err(), "{address:?}");
        }
    }
}
