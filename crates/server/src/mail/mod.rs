// SPDX-License-Identifier: EUPL-1.2
//! Mails: who is told of what, as jobs. Handing them over is in `smtp`, their texts in `templates`. The rule: no request
//! waits for a mail server, and without the setting `mail.url` there is no job at all.

mod allowance;
pub mod http;
mod smtp;
mod store;
mod templates;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use konvent_calendar::ics::{self, Attendee, Entry, Method};
use konvent_calendar::{Meeting, Person, When};
use lettre::transport::smtp::extension::ClientId;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::calendar;
use crate::change::Change;
use crate::clock::{self, hashed};
use crate::config::Config;
use crate::db::{Db, time};
use crate::http::failure::{Answer, Refused};
use crate::ids::{EventId, RoomId, TenantId, UserId};
use crate::queue::{Failed, Payload, Pending, Queue};
use crate::start_error::StartError;
use crate::{tenants, users};

use allowance::Allowance;
use smtp::{Letter, Smtp};
use templates::Templates;

pub struct Mail {
    /// `None`: the operator has named no mail server.
    parts: Option<Parts>,
    config: Arc<Config>,
    db: Db,
    jobs: Queue,
}

struct Parts {
    smtp: Smtp,
    templates: Templates,
    allowance: Allowance,
}

impl Mail {
    pub fn open(config: Arc<Config>, db: Db, jobs: Queue) -> Result<Mail, StartError> {
        Ok(Mail {
            parts: Parts::open(&config)?,
            config,
            db,
            jobs,
        })
    }

    pub fn is_on(&self) -> bool {
        self.parts.is_some()
    }

    fn parts(&self) -> Result<&Parts, Failed> {
        let off = || anyhow::anyhow!("No mail server is set up (mail.url).");
        Ok(self.parts.as_ref().ok_or_else(off)?)
    }
}

impl Parts {
    fn open(config: &Config) -> Result<Option<Parts>, StartError> {
        let settings = &config.mail;
        if settings.url.expose().is_empty() {
            return Ok(None);
        }
        Ok(Some(Parts {
            smtp: Smtp::open(settings, host(config))?,
            templates: Templates::open(&settings.templates)?,
            allowance: Allowance::default(),
        }))
    }
}

/// Whether the settings are valid; they have a form of their own.
pub fn check(config: &Config) -> Result<(), StartError> {
    Parts::open(config).map(drop)
}

/// The name of this server, for Message-IDs and greetings. An IP address has brackets around it there (RFC 5321 §4.1.3).
fn host(config: &Config) -> ClientId {
    let url = reqwest::Url::parse(&config.http.public_url).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str).unwrap_or("localhost");
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

/// Who gets a mail.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    User(UserId),
    /// Somebody without an account.
    Email(String),
}

/// What an event's mail says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    Invited(EventId),
    Changed(EventId),
    /// The event is gone: what it was travels with the job.
    Cancelled(Box<Meeting>),
    Uninvited(Box<Meeting>),
}

/// One person is to hear what happened to an event they are invited to. Doing it twice sends the same Message-ID twice.
#[derive(Serialize, Deserialize)]
pub struct EventMail {
    pub to: Receiver,
    pub about: About,
}

impl Payload for EventMail {
    const KIND: &str = "event_mail";
}

/// One person is to get an address at which they set a password. The secret in it is kept until the mail is sent or the
/// address has run out.
#[derive(Serialize, Deserialize)]
pub struct AccountMail {
    pub to: Receiver,
    /// `password_reset` or `account_invitation`.
    pub template: String,
    /// From the slash on.
    pub path: String,
    pub expires_at: Timestamp,
}

impl Payload for AccountMail {
    const KIND: &str = "account_mail";
}

impl Mail {
    /// Refuses to invite an address outside when a person has caused many mails to such addresses. Asked before anything is
    /// stored.
    pub fn may_invite(&self, person: UserId, suppressed: bool) -> Result<(), Refused> {
        self.allow(person, 1, suppressed)
    }

    /// The same for a change that everybody invited is to hear of.
    pub async fn may_change(&self, tenant: TenantId, person: UserId, event: EventId, suppressed: bool) -> Answer<()> {
        if suppressed || !self.is_on() {
            return Ok(());
        }
        let guests = store::guests(&self.db, tenant, event).await?;
        Ok(self.allow(person, guests.len(), suppressed)?)
    }

    fn allow(&self, person: UserId, mails: usize, suppressed: bool) -> Result<(), Refused> {
        match &self.parts {
            Some(parts) if !suppressed => parts
                .allowance
                .take(person, mails, self.config.mail.guest_mails_per_hour),
            _ => Ok(()),
        }
    }

    /// Tells somebody that they are invited. `suppressed`: nobody wants a mail.
    pub fn invited(&self, event: EventId, to: Receiver, suppressed: bool) -> Option<Pending> {
        let about = About::Invited(event);
        self.pending(suppressed, &EventMail { to, about })
    }

    /// Tells everybody who is invited that an event has changed.
    pub async fn changed(&self, tenant: TenantId, event: EventId, suppressed: bool) -> sqlx::Result<Vec<Pending>> {
        if suppressed || !self.is_on() {
            return Ok(Vec::new());
        }
        let receivers = self.receivers(tenant, event).await?.into_iter();
        let about = |to| EventMail {
            to,
            about: About::Changed(event),
        };
        Ok(receivers.map(|to| self.jobs.now(&about(to))).collect())
    }

    /// Takes the guest link of somebody who is no longer invited away, and tells them.
    pub async fn uninvited(
        &self,
        change: &mut Change,
        event: EventId,
        to: Receiver,
        suppressed: bool,
    ) -> sqlx::Result<()> {
        if let Receiver::Email(email) = &to {
            store::revoke_guest_link(change, event, email).await?;
        }
        // A cancellation counts as newer than what they have, and what they may get later as newer still (RFC 5546, 2.1.4).
        store::count_up(change, event).await?;
        if let Some(mut meeting) = calendar::meeting(&self.db, change.tenant, event).await? {
            meeting.sequence += 1;
            let about = About::Uninvited(Box::new(meeting));
            change.queue(self.pending(suppressed, &EventMail { to, about }));
        }
        Ok(())
    }

    /// What is to be said when an event is deleted; made before.
    pub async fn farewell(&self, tenant: TenantId, event: EventId, suppressed: bool) -> sqlx::Result<Vec<Pending>> {
        if suppressed || !self.is_on() {
            return Ok(Vec::new());
        }
        let Some(mut meeting) = calendar::meeting(&self.db, tenant, event).await? else {
            return Ok(Vec::new());
        };
        meeting.sequence += 1;
        let receivers = self.receivers(tenant, event).await?.into_iter();
        let about = |to| EventMail {
            to,
            about: About::Cancelled(Box::new(meeting.clone())),
        };
        Ok(receivers.map(|to| self.jobs.now(&about(to))).collect())
    }

    /// Mails the address for setting a new password, at once. `path`: from the slash on, with its secret.
    pub async fn password_reset(
        &self,
        tenant: TenantId,
        user: UserId,
        path: String,
        expires_at: Timestamp,
    ) -> Result<(), Failed> {
        let mail = AccountMail {
            to: Receiver::User(user),
            template: "password_reset".into(),
            path,
            expires_at,
        };
        self.send_account_mail(tenant, &mail).await
    }

    /// Mails a new person the address for setting their first password.
    pub fn account_invitation(&self, to: Receiver, path: &str, expires_at: Timestamp) -> Option<Pending> {
        let mail = AccountMail {
            to,
            template: "account_invitation".to_owned(),
            path: path.to_owned(),
            expires_at,
        };
        self.pending(false, &mail)
    }

    /// A mail to be sent, if any is.
    fn pending<P: Payload>(&self, suppressed: bool, mail: &P) -> Option<Pending> {
        (!suppressed && self.is_on()).then(|| self.jobs.now(mail))
    }

    async fn receivers(&self, tenant: TenantId, event: EventId) -> sqlx::Result<Vec<Receiver>> {
        let colleagues = store::colleagues(&self.db, tenant, event).await?.into_iter();
        let guests = store::guests(&self.db, tenant, event).await?.into_iter();
        Ok(colleagues
            .map(|(id,)| Receiver::User(id))
            .chain(guests.map(|(email,)| Receiver::Email(email)))
            .collect())
    }

    /// Whom a mail goes to, as of now, and in which language. `None`: that person is gone.
    async fn addressee(&self, tenant: TenantId, to: &Receiver) -> sqlx::Result<Option<(Person, &'static str)>> {
        let language = |tag: &str| if tag.starts_with("de") { "de" } else { "en" };
        Ok(match to {
            Receiver::Email(email) => {
                let person = Person {
                    name: String::new(),
                    email: email.clone(),
                };
                Some((person, language(&self.config.mail.language)))
            }
            Receiver::User(id) => users::store::by_id(&self.db, tenant, *id).await?.map(|user| {
                let language = language(&user.language);
                let person = Person {
                    name: user.display_name,
                    email: user.email,
                };
                (person, language)
            }),
        })
    }

    async fn organisation(&self, tenant: TenantId) -> sqlx::Result<String> {
        let tenant = tenants::store::by_id(&self.db, tenant).await?;
        let name = tenant.and_then(|tenant| tenant.organisation_name);
        Ok(name.unwrap_or_else(|| self.config.organisation.name.clone()))
    }

    /// Sends the mail of an event.
    pub async fn send_event_mail(&self, tenant: TenantId, mail: &EventMail) -> Result<(), Failed> {
        let parts = self.parts()?;
        let Some((to, language)) = self.addressee(tenant, &mail.to).await? else {
            return Ok(());
        };
        let (template, method, meeting) = match &mail.about {
            About::Invited(event) => (
                "invited",
                Method::Request,
                calendar::meeting(&self.db, tenant, *event).await?,
            ),
            About::Changed(event) => (
                "changed",
                Method::Request,
                calendar::meeting(&self.db, tenant, *event).await?,
            ),
            About::Cancelled(meeting) => ("cancelled", Method::Cancel, Some((**meeting).clone())),
            About::Uninvited(meeting) => ("uninvited", Method::Cancel, Some((**meeting).clone())),
        };
        // Deleted since: another mail says so.
        let Some(meeting) = meeting else { return Ok(()) };
        let status = match (method, &mail.to) {
            (Method::Request, Receiver::User(id)) => {
                store::status(&self.db, tenant, EventId(meeting.event), *id).await?
            }
            (Method::Request, Receiver::Email(email)) => {
                store::guest_status(&self.db, tenant, EventId(meeting.event), email).await?
            }
            _ => Some("pending".to_owned()),
        };
        // Not invited any more: nothing to invite to.
        let Some(status) = status else { return Ok(()) };
        let room = format!("{}/room/{}", self.config.http.public_url, meeting.room);
        let (link, is_guest) = match (method, &mail.to) {
            (Method::Request, Receiver::User(_)) => (room, false),
            (Method::Request, Receiver::Email(email)) => {
                let code =
                    store::guest_link(&self.db, tenant, EventId(meeting.event), RoomId(meeting.room), email).await?;
                (format!("{room}?invite={}", code.0), true)
            }
            _ => (String::new(), false),
        };
        let organisation = self.organisation(tenant).await?;
        let about = context! {
            name => &to.name, link => &link, is_guest, organisation => &organisation, meeting => said(&meeting),
        };
        let rendered = parts.templates.render(language, template, about)?;
        let stamp = clock::now();
        let entry = Entry {
            meeting: &meeting,
            link: &link,
            attendee: Some(Attendee {
                person: &to,
                status: &status,
            }),
            stamp,
        };
        let calendar = ics::calendar(method, None, &[entry], clock::now());
        let who = hashed(&to.email);
        let message_id = format!("{template}.{}.{}.{}", meeting.event, meeting.sequence, &who[..16]);
        let letter = Letter {
            from_name: self.sender(&organisation),
            reply_to: Some(meeting.organiser.clone()),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            calendar: meeting.when.is_some().then_some((method, calendar)),
            message_id: format!("{message_id}@{}", host(&self.config)),
            to,
        };
        parts.smtp.send(letter).await
    }

    /// Sends the mail of an account.
    pub async fn send_account_mail(&self, tenant: TenantId, mail: &AccountMail) -> Result<(), Failed> {
        let parts = self.parts()?;
        let Some((to, language)) = self.addressee(tenant, &mail.to).await? else {
            return Ok(());
        };
        if mail.expires_at <= clock::now() {
            let late = anyhow::anyhow!("The link in the mail ran out before the mail could be sent.");
            return Err(Failed::ForGood(late));
        }
        let organisation = self.organisation(tenant).await?;
        let about = context! {
            name => &to.name,
            link => format!("{}{}", self.config.http.public_url, mail.path),
            organisation => &organisation,
            until => moment(TimeZone::UTC.to_datetime(mail.expires_at)),
        };
        let rendered = parts.templates.render(language, &mail.template, about)?;
        let hash = sha2::Sha256::digest(format!("{} {}", mail.template, mail.path));
        let id = crate::audit::hex(&hash[..16]);
        let letter = Letter {
            from_name: self.sender(&organisation),
            reply_to: None,
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            calendar: None,
            message_id: format!("{}.{id}@{}", mail.template, host(&self.config)),
            to,
        };
        parts.smtp.send(letter).await
    }

    fn sender(&self, organisation: &str) -> String {
        let name = &self.config.mail.from_name;
        if name.is_empty() {
            organisation.to_owned()
        } else {
            name.clone()
        }
    }
}

/// A meeting in the words of the templates.
fn said(meeting: &Meeting) -> Value {
    let (title, description) = (&meeting.title, &meeting.description);
    let organiser = context! { name => &meeting.organiser.name, email => &meeting.organiser.email };
    let has_password = meeting.has_password;
    let Some(when) = &meeting.when else {
        return context! { title, description, organiser, has_password };
    };
    let zone = when.zone();
    let starts = zone.to_datetime(time(when.span.starts_at));
    let is_all_day = when.span.is_all_day;
    // Whole days end at the midnight after the last one.
    let last = if is_all_day {
        (when.span.ends_at - 1).max(when.span.starts_at)
    } else {
        when.span.ends_at
    };
    let ends = zone.to_datetime(time(last));
    context! {
        title, description, organiser, has_password, is_all_day,
        timezone => &when.timezone, starts => moment(starts), ends => moment(ends),
        is_one_day => starts.date() == ends.date(), repeats => repeats(when),
        last => last_date(when), exceptions => exceptions(when, &meeting.title, &zone),
    }
}

/// The day on which a series ends, if it does.
fn last_date(when: &When) -> Option<Value> {
    let last = when.series()?.last()?;
    Some(moment(when.zone().to_datetime(last)))
}

/// The dates of a series that differ and are still to come, the first few of them.
fn exceptions(when: &When, title: &str, zone: &TimeZone) -> Vec<Value> {
    const MOST: usize = 10;
    let now = crate::db::millis(clock::now());
    let local = |at: i64| zone.to_datetime(time(at));
    let mut sorted: Vec<_> = when
        .exceptions
        .iter()
        .filter(|exception| exception.instance >= now)
        .collect();
    sorted.sort_by_key(|exception| exception.instance);
    let said = |exception: &&konvent_calendar::Exception| {
        let instance = local(exception.instance);
        let Some(changed) = &exception.changed else {
            return context! { date => moment(instance), is_cancelled => true };
        };
        let starts = local(changed.span.starts_at);
        let new_title = (changed.title != title).then_some(&changed.title);
        context! {
            date => moment(instance), is_cancelled => false, is_all_day => changed.span.is_all_day,
            is_moved => starts != instance, starts => moment(starts), ends => moment(local(changed.span.ends_at)),
            title => new_title,
        }
    };
    sorted.iter().take(MOST).map(said).collect()
}

fn moment(at: DateTime) -> Value {
    context! {
        year => at.year(), month => at.month(), day => at.day(),
        weekday => at.weekday().to_monday_zero_offset(), time => at.strftime("%H:%M").to_string(),
    }
}

/// How a series goes on, where one word says it; `other` otherwise, empty for a single meeting.
fn repeats(when: &When) -> &'static str {
    let [rule] = when.rules.as_slice() else {
        return if when.rules.is_empty() { "" } else { "other" };
    };
    let part = |name: &str| {
        let rule = rule.strip_prefix("RRULE:").unwrap_or(rule);
        rule.split(';')
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    let is_plain = part("INTERVAL").is_none_or(|interval| interval == "1") && part("BYSETPOS").is_none();
    match part("FREQ") {
        Some("DAILY") if is_plain && part("BYDAY").is_none() => "daily",
        Some("WEEKLY") if is_plain && part("BYDAY").is_none_or(|days| !days.contains(',')) => "weekly",
        Some("MONTHLY") if is_plain => "monthly",
        Some("YEARLY") if is_plain => "yearly",
        _ => "other",
    }
}
