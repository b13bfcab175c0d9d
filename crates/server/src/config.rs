// SPDX-License-Identifier: EUPL-1.2
//! The settings: one struct, one loader. `config/default.toml` is built in and names every key; a file, then the
//! environment, then flags are laid over it. Not a place for values that change while running. The rule: a key that
//! the defaults do not name is an error, with file and line.

mod layers;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use toml::{Table, Value};

use crate::address::{is_allowed, is_email, is_link, is_origin};
use crate::start_error::{Language, StartError};
use layers::{PREFIX, flat, masked, overlay_environment, overlay_file, set};

const DEFAULTS: &str = include_str!("../../../config/default.toml");

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub http: Http,
    pub tls: Tls,
    pub data: Data,
    pub database: Database,
    pub files: Files,
    pub retention: Retention,
    pub identity: Identity,
    pub users: Users,
    pub directory: Directory,
    pub mail: Mail,
    pub call_in: CallIn,
    pub media: Media,
    pub metrics: Metrics,
    pub signaling: Signaling,
    pub meetings: Meetings,
    pub organisation: Organisation,
    pub log: Log,
    /// Every key with its value as text, by key, secrets masked: what administrators are shown.
    #[serde(skip)]
    pub shown: Vec<(String, String)>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub listen: SocketAddr,
    pub public_url: String,
    pub allowed_origins: Vec<String>,
    pub behind_proxy: bool,
    pub max_body_bytes: usize,
    pub request_timeout_secs: u64,
    pub waiting_sockets_per_address: usize,
    pub sockets_per_address: usize,
    pub sockets: usize,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate: String,
    pub key: String,
    pub self_signed: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub directory: PathBuf,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: Secret,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    pub directory: PathBuf,
    pub max_upload_bytes: u64,
    pub s3_bucket: String,
    pub s3_endpoint: String,
    pub s3_region: String,
    pub s3_access_key: String,
    pub s3_secret_key: Secret,
}

/// How long each class of data is kept after its end; 0: for good.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub adhoc_events_hours: u32,
    pub past_events_days: u32,
    pub expired_guest_links_days: u32,
    pub ended_logins_days: u32,
    pub audit_log_days: u32,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub issuer: String,
    pub client_id: String,
    pub audience: String,
    pub tenant_claim: String,
    pub groups_claim: String,
    pub tariff_claim: String,
    pub tariff_status_claim: String,
    pub emails_verified: bool,
    pub second_factor: SecondFactor,
}

/// Who needs a second factor at the built-in login.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    Optional,
    Administrators,
    Everyone,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    pub search: bool,
    pub downgraded_tariff: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    pub url: String,
    pub client_id: String,
    pub client_secret: Secret,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallIn {
    pub tel: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub url: Secret,
    pub tls: String,
    pub ca_file: String,
    pub from: String,
    pub from_name: String,
    pub language: String,
    pub templates: String,
    pub guest_mails_per_hour: u32,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    pub udp: SocketAddr,
    pub advertised: Vec<IpAddr>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub listen: String,
}

impl Metrics {
    /// Where to listen, if anywhere.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listen.parse().ok()
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signaling {
    pub idle_timeout_secs: u64,
    pub joins_per_minute: u16,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meetings {
    pub screen_share_requires_permission: bool,
    pub most_per_person: usize,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    pub name: String,
    pub imprint_url: String,
    pub data_protection_url: String,
    pub accessibility_url: String,
}

impl Organisation {
    /// The links of every page, each with the name of its setting; empty: none.
    pub fn links(&self) -> [(&'static str, &str); 3] {
        [
            ("organisation.imprint_url", &self.imprint_url),
            ("organisation.data_protection_url", &self.data_protection_url),
            ("organisation.accessibility_url", &self.accessibility_url),
        ]
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: String,
}

/// A text that is never printed: no `Debug`, no `Display`.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn expose(&self) -> &str {
        &self.0
    }

    #[cfg(test)]
    pub fn of(text: &str) -> Secret {
        Secret(text.to_owned())
    }
}

/// What the command line may set.
#[derive(Debug, Default, Clone)]
pub struct Flags {
    pub file: Option<PathBuf>,
    pub data: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
}

/// The program's environment, read once here.
pub struct Environment {
    variables: BTreeMap<String, String>,
    pub language: Language,
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read() -> Environment {
        // `vars_os`, because `vars` panics on a variable that is not UTF-8, even one that is none of ours.
        let text = |value: std::ffi::OsString| value.into_string().ok();
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
            .collect();
        Environment::from(variables)
    }
}

impl From<BTreeMap<String, String>> for Environment {
    fn from(variables: BTreeMap<String, String>) -> Environment {
        let spoken = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| variables.get(*name).filter(|v| !v.is_empty()));
        let german = spoken.is_some_and(|value| value.starts_with("de"));
        let language = if german { Language::German } else { Language::English };
        let variables = variables
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        Environment { variables, language }
    }
}

/// The settings in force, and the table they came from (for `konvent config show`).
pub struct Loaded {
    pub config: Config,
    table: Table,
}

impl Config {
    /// Defaults ← file ← environment ← flags.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, StartError> {
        let mut table: Table = DEFAULTS
            .parse()
            .expect("config/default.toml is valid TOML, as a test shows");
        if let Some(file) = &flags.file {
            overlay_file(&mut table, file)?;
        }
        overlay_environment(&mut table, &environment.variables)?;
        if let Some(listen) = flags.listen {
            set(&mut table, "http.listen", Value::String(listen.to_string()));
        }
        if let Some(data) = &flags.data {
            set(
                &mut table,
                "data.directory",
                Value::String(data.to_string_lossy().into_owned()),
            );
        }
        let mut config: Config = table
            .clone()
            .try_into()
            .map_err(|error: toml::de::Error| invalid(&error))?;
        config.shown = flat(&masked(&table));
        config.check()?;
        Ok(Loaded { config, table })
    }

    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.http.request_timeout_secs)
    }

    /// What no single value shows to be wrong.
    fn check(&self) -> Result<(), StartError> {
        let wrong = |key: &str, english: &str, german: &str| {
            Err(StartError::new(
                format!("The setting {key} is not valid: {english}"),
                format!("Die Einstellung {key} ist ungültig: {german}"),
            ))
        };
        let url = &self.http.public_url;
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if !url.is_empty() && !host.is_some_and(|host| !host.is_empty() && !host.contains('/')) {
            return wrong(
                "http.public_url",
                "write it like https://meet.example.org, without a path and without a slash at the end.",
                "Schreiben Sie sie wie https://meet.example.org, ohne Pfad und ohne Schrägstrich am Ende.",
            );
        }
        if !self.http.allowed_origins.iter().all(|origin| is_origin(origin)) {
            return wrong(
                "http.allowed_origins",
                "write each like https://app.example.org, without a path and without a slash at the end (http only on \
                 this machine).",
                "Schreiben Sie jede wie https://app.example.org, ohne Pfad und ohne Schrägstrich am Ende (http nur auf \
                 diesem Rechner).",
            );
        }
        if !self.metrics.listen.is_empty() && self.metrics.address().is_none() {
            return wrong(
                "metrics.listen",
                "write an address and a port, like 127.0.0.1:9464, or nothing.",
                "schreiben Sie Adresse und Port, wie 127.0.0.1:9464, oder nichts.",
            );
        }
        for (key, address) in self.organisation.links() {
            if !address.is_empty() && !is_link(address) {
                return wrong(
                    key,
                    "an address that begins with https://, http:// or mailto:.",
                    "eine Adresse, die mit https://, http:// oder mailto: beginnt.",
                );
            }
        }
        let directory = &self.directory;
        if !directory.url.is_empty() {
            if self.identity.issuer.is_empty() || !self.identity.tenant_claim.is_empty() {
                return wrong(
                    "directory.url",
                    "it belongs to the provider in identity.issuer, with identity.tenant_claim empty.",
                    "sie gehört zum Anbieter in identity.issuer, mit leerem identity.tenant_claim.",
                );
            }
            if directory.client_id.is_empty() || directory.client_secret.expose().is_empty() {
                return wrong(
                    "directory",
                    "directory.client_id and directory.client_secret are needed with directory.url.",
                    "directory.client_id und directory.client_secret werden mit directory.url gebraucht.",
                );
            }
            if !is_allowed(&directory.url) {
                return wrong(
                    "directory.url",
                    "write the https address (http only on this machine).",
                    "schreiben Sie die https-Adresse (http nur auf diesem Rechner).",
                );
            }
        }
        let mail = &self.mail;
        if !["starttls", "tls", "none"].contains(&mail.tls.as_str()) {
            return wrong("mail.tls", "starttls, tls or none.", "starttls, tls oder none.");
        }
        if !["de", "en"].contains(&mail.language.as_str()) {
            return wrong("mail.language", "de or en.", "de oder en.");
        }
        if !mail.url.expose().is_empty() && !is_email(&mail.from) {
            return wrong(
                "mail.from",
                "mails need the address that they come from.",
                "Mails brauchen die Adresse, von der sie kommen.",
            );
        }
        if !mail.url.expose().is_empty() && url.is_empty() {
            return wrong(
                "http.public_url",
                "mails contain links, so set it when mail.url is set.",
                "Mails enthalten Links; setzen Sie sie, wenn mail.url gesetzt ist.",
            );
        }
        if self.tls.certificate.is_empty() != self.tls.key.is_empty() {
            return wrong(
                "tls",
                "tls.certificate and tls.key belong together; set both or neither.",
                "tls.certificate und tls.key gehören zusammen; setzen Sie beide oder keine.",
            );
        }
        if self.tls.self_signed && !self.tls.certificate.is_empty() {
            return wrong(
                "tls.self_signed",
                "there is also a certificate file; choose one of the two.",
                "Es ist auch eine Zertifikatsdatei angegeben; wählen Sie eines von beiden.",
            );
        }
        Ok(())
    }
}

impl Loaded {
    /// The settings as TOML, secrets masked.
    pub fn show(&self) -> String {
        masked(&self.table).to_string()
    }
}

fn invalid(error: &toml::de::Error) -> StartError {
    let text = error.to_string();
    let text = text.trim().replace('\n', " ");
    StartError::new(
        format!("A setting is not valid: {text}."),
        format!("Eine Einstellung ist ungültig: {text}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::from(
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect::<BTreeMap<_, _>>(),
        )
    }

    fn load_file(text: &str) -> Result<Loaded, StartError> {
        let file = std::env::temp_dir().join(format!("konvent-{}.toml", crate::clock::id()));
        std::fs::write(&file, text).unwrap();
        let loaded = Config::load(
            &Flags {
                file: Some(file.clone()),
                ..Flags::default()
            },
            &environment(&[]),
        );
        std::fs::remove_file(file).unwrap();
        loaded
    }

    #[test]
    fn the_defaults_are_valid_and_complete() {
        let loaded = Config::load(&Flags::default(), &environment(&[])).unwrap();
        assert_eq!(loaded.config.http.listen.port(), 8080);
    }

    #[test]
    fn flags_win_over_the_environment_which_wins_over_the_file() {
        let environment = environment(&[
            ("KONVENT_HTTP_LISTEN", "127.0.0.1:2"),
            ("KONVENT_MEDIA_ADVERTISED", "192.0.2.1, ::1"),
        ]);
        let loaded = Config::load(&Flags::default(), &environment).unwrap();
        assert_eq!(loaded.config.http.listen.port(), 2);
        assert_eq!(loaded.config.media.advertised.len(), 2);
        let flags = Flags {
            listen: Some("127.0.0.1:3".parse().unwrap()),
            ..Flags::default()
        };
        assert_eq!(Config::load(&flags, &environment).unwrap().config.http.listen.port(), 3);
    }

    #[test]
    fn an_unknown_key_is_refused_with_file_and_line() {
        let error = load_file("[http]\nlisten = \"127.0.0.1:1\"\nlissten = 1\n")
            .err()
            .unwrap();
        assert!(
            error
                .english
                .ends_with("line 3: there is no setting http.lissten; `konvent config show` lists all."),
            "{error}"
        );
        assert!(error.german.contains("Zeile 3"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_with_file_and_line() {
        let error = load_file("[http]\n\nmax_body_bytes = \"much\"\n").err().unwrap();
        assert!(
            error
                .english
                .ends_with("line 3: http.max_body_bytes must be a whole number."),
            "{error}"
        );
    }

    #[test]
    fn broken_toml_is_refused_with_its_line() {
        let error = load_file("[http]\nlisten = \n").err().unwrap();
        assert!(error.english.contains("line 2"), "{error}");
    }

    #[test]
    fn an_unknown_environment_variable_is_refused_by_name() {
        let error = Config::load(&Flags::default(), &environment(&[("KONVENT_HTTP_LISSTEN", "1")]))
            .err()
            .unwrap();
        assert!(error.english.contains("KONVENT_HTTP_LISSTEN"));
    }

    #[test]
    fn a_value_that_cannot_be_read_is_refused_with_its_key() {
        let error = load_file("[http]\nlisten = \"here\"\n").err().unwrap();
        assert!(error.english.contains("http.listen"), "{error}");
    }

    #[test]
    fn secrets_are_masked_when_shown() {
        let loaded = load_file("[database]\nurl = \"postgres://anna:hunter2@db/konvent\"\n").unwrap();
        assert!(!loaded.show().contains("hunter2"));
        assert!(loaded.show().contains("********"));
    }

    #[test]
    fn the_program_speaks_german_where_the_system_does() {
        assert_eq!(environment(&[("LANG", "de_DE.UTF-8")]).language, Language::German);
        assert_eq!(environment(&[("LANG", "C.UTF-8")]).language, Language::English);
        assert_eq!(
            environment(&[("LANG", "de_DE"), ("LC_ALL", "en_GB")]).language,
            Language::English
        );
    }
}
