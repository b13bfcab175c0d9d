// SPDX-License-Identifier: EUPL-1.2
//! The address under which the browser reaches us (`https://meet.example.org`), from which links, the issuer and the
//! media address are built. Not taken from the `Host` header blindly: a name we cannot vouch for is refused unless
//! `http.public_url` or a tenant's address names it, so that nobody can make us print links to a machine of theirs.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::config::Config;

/// Scheme and host of this request, without a slash at the end. As an extractor it answers 421 to unknown hosts.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// One that was vouched for before.
    pub fn known(origin: &str) -> Origin {
        Origin(origin.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port, as in `config.js`.
    pub fn host(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, host)| host)
    }

    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The same address for WebSockets: `ws://…` or `wss://…`.
    pub fn websocket(&self) -> String {
        self.0.replacen("http", "ws", 1)
    }

    /// Whether pages of this origin may use this server: its own, and those that the settings name.
    pub fn serves(&self, config: &Config, page: &str) -> bool {
        page == self.0 || config.http.allowed_origins.iter().any(|allowed| allowed == page)
    }

    /// The answer to a request for a host that is not ours.
    pub fn unknown() -> Response {
        let text = "This server does not know the host name you asked for. Its operator has to set http.public_url.\n\
                    Dieser Server kennt den angefragten Rechnernamen nicht. Der Betreiber muss http.public_url setzen.\n";
        (StatusCode::MISDIRECTED_REQUEST, text).into_response()
    }

    /// The address of a tenant, as stored.
    pub fn own(address: String) -> Origin {
        Origin(address)
    }

    /// The address of the installation. `None`: the request asks for a host that is not ours.
    pub fn of_installation(config: &Config, headers: &HeaderMap) -> Option<Origin> {
        if !config.http.public_url.is_empty() {
            return Some(Origin(config.http.public_url.clone()));
        }
        let host = headers.get(header::HOST)?.to_str().ok()?.to_ascii_lowercase();
        let tls = config.tls.self_signed || !config.tls.certificate.is_empty();
        is_local(&host).then(|| Origin(format!("{}://{host}", if tls { "https" } else { "http" })))
    }
}

/// Whether a `Host` header names this machine without the help of public name servers: an IP address, localhost, a
/// name without a dot, or a `.local` or `.localhost` name.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if port.is_empty() || is_port(port) => {
                return address.parse::<std::net::Ipv6Addr>().is_ok();
            }
            _ => return false,
        },
        None => match host.split_once(':') {
            Some((name, _)) if is_port(&host[name.len()..]) => name,
            Some(_) => return false,
            None => host,
        },
    };
    let letters = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    letters
        && (name.parse::<IpAddr>().is_ok()
            || !name.contains('.')
            || name.ends_with(".local")
            || name.ends_with(".localhost"))
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Response;

    /// The guard has found it out.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Origin, Response> {
        parts.extensions.get::<Origin>().cloned().ok_or_else(Origin::unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn addresses_and_local_names_are_ours() {
        for host in [
            "localhost:8080",
            "127.0.0.1",
            "192.168.1.7:443",
            "[::1]:8080",
            "[fe80::1]",
            "konvent",
            "box.local:1",
        ] {
            assert!(is_local(host), "{host}");
        }
    }

    #[test]
    fn public_names_and_malformed_hosts_are_not() {
        for host in [
            "meet.example.org",
            "evil.example:80",
            "",
            ":80",
            "a:b",
            "[::1",
            "[::1]x",
            "a/b",
            "a@b",
            "localhost:99999",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
