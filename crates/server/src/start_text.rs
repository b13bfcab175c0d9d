// SPDX-License-Identifier: EUPL-1.2
//! What the operator reads when the server has started: where it is, where its data is, and what a browser elsewhere
//! will meet. Not a log: it goes to standard output, in the operator's language.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use crate::VERSION;
use crate::config::Config;
use crate::http::tls::lan_address;
use crate::start_error::Language;

pub struct Started<'a> {
    pub config: &'a Config,
    pub address: SocketAddr,
    pub media: SocketAddr,
    /// The one-time token while there is no administrator.
    pub setup_token: Option<String>,
}

impl Started<'_> {
    /// The address to type on this machine, or the configured one.
    pub fn web_address(&self) -> String {
        if !self.config.http.public_url.is_empty() {
            return self.config.http.public_url.clone();
        }
        let ip = self.address.ip();
        let host = match lan_address().filter(|_| ip.is_unspecified()) {
            Some(address) if self.has_tls() => address.to_string(),
            _ if ip.is_unspecified() => "localhost".to_owned(),
            _ if ip.is_ipv6() => format!("[{ip}]"),
            _ => ip.to_string(),
        };
        format!(
            "{}://{host}:{}",
            if self.has_tls() { "https" } else { "http" },
            self.address.port()
        )
    }

    pub fn text(&self, language: Language) -> String {
        let web = self.web_address();
        let data = std::path::absolute(&self.config.data.directory);
        let data = data.as_deref().unwrap_or(Path::new("?")).display().to_string();
        let setup = self
            .setup_token
            .as_ref()
            .map(|token| format!("{web}/setup?token={token}"));
        let media = self.media.to_string();
        let no_mail = if language == Language::German {
            "keine (mail.url ist leer)"
        } else {
            "none (mail.url is empty)"
        };
        let no_mail = self.config.mail.url.expose().is_empty().then_some(no_mail);
        let rows: [(&str, &str, Option<&str>); 5] = [
            ("Web address", "Adresse", Some(&web)),
            ("Data directory", "Datenverzeichnis", Some(&data)),
            ("Audio and video", "Audio und Video", Some(&media)),
            ("Mails", "Mails", no_mail),
            ("Set up (works once)", "Einrichten (einmalig)", setup.as_deref()),
        ];
        let mut text = format!("Konvent {VERSION}\n");
        for (english, german, value) in rows {
            let name = if language == Language::German { german } else { english };
            if let Some(value) = value {
                // Writing to a String cannot fail.
                _ = writeln!(text, "  {name:<22} {value}");
            }
        }
        if let Some(hint) = self.hint(language) {
            _ = writeln!(text, "\n  {hint}");
        }
        text
    }

    fn has_tls(&self) -> bool {
        self.config.tls.self_signed || !self.config.tls.certificate.is_empty()
    }

    /// Browsers give camera and microphone to secure pages and to this machine's own addresses only.
    fn hint(&self, language: Language) -> Option<&'static str> {
        let german = language == Language::German;
        if self.config.tls.self_signed {
            return Some(if german {
                "Das Zertifikat ist selbst ausgestellt: Browser warnen einmal; danach gehen Kamera und Mikrofon."
            } else {
                "The certificate is self-signed: browsers warn once, then camera and microphone work."
            });
        }
        if self.has_tls() || self.config.http.public_url.starts_with("https://") {
            return None;
        }
        Some(match (self.address.ip().is_loopback(), german) {
            (true, false) => {
                "Only this machine can reach this address. To let others in the local network take part, start with\n  \
                 KONVENT_TLS_SELF_SIGNED=true konvent serve --listen 0.0.0.0:8443"
            }
            (true, true) => {
                "Nur dieser Rechner erreicht diese Adresse. Damit andere im lokalen Netz teilnehmen können, starten Sie mit\n  \
                 KONVENT_TLS_SELF_SIGNED=true konvent serve --listen 0.0.0.0:8443"
            }
            (false, false) => {
                "Without TLS, browsers on other devices refuse camera and microphone. Set tls.certificate and tls.key,\n  \
                 or tls.self_signed = true for a try-out, or http.public_url when a proxy in front does TLS."
            }
            (false, true) => {
                "Ohne TLS verweigern Browser auf anderen Geräten Kamera und Mikrofon. Setzen Sie tls.certificate und tls.key,\n  \
                 oder tls.self_signed = true zum Ausprobieren, oder http.public_url, wenn ein Proxy davor TLS macht."
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{Environment, Flags};

    fn text(variables: &[(&str, &str)], address: &str) -> String {
        let variables: BTreeMap<_, _> = variables
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let loaded = Config::load(&Flags::default(), &Environment::from(variables)).unwrap();
        let address = address.parse().unwrap();
        let media = "0.0.0.0:7882".parse().unwrap();
        Started {
            config: &loaded.config,
            address,
            media,
            setup_token: Some("abc".into()),
        }
        .text(Language::English)
    }

    #[test]
    fn the_set_up_address_is_printed_as_a_whole() {
        assert!(text(&[], "127.0.0.1:8080").contains("http://127.0.0.1:8080/setup?token=abc\n"));
    }

    #[test]
    fn plain_http_in_the_network_warns_about_camera_and_microphone() {
        assert!(text(&[], "192.0.2.7:8080").contains("refuse camera and microphone"));
        assert!(
            !text(
                &[("KONVENT_HTTP_PUBLIC_URL", "https://meet.example.org")],
                "192.0.2.7:8080"
            )
            .contains("refuse")
        );
    }

    #[test]
    fn a_self_signed_certificate_is_announced() {
        assert!(text(&[("KONVENT_TLS_SELF_SIGNED", "true")], "192.0.2.7:8443").contains("browsers warn once"));
    }
}
