// SPDX-License-Identifier: EUPL-1.2
//! Addresses of mailboxes as people paste them, of the web, and of machines: which of them are taken, and which count as one. Not
//! whether anybody reads or answers there. The one rule: every door that takes an address reads it here.

use std::net::{IpAddr, Ipv6Addr};

use reqwest::Url;

/// Longest address in bytes (RFC 5321 §4.5.3.1.3, without its angle brackets), and longest part before the `@`.
pub const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;

/// The address in what was pasted, in small letters, because addresses are compared without regard to capitals:
/// `Anna <a@example.net>`, `mailto:a@example.net?subject=…` and `a@example.net;` are all `a@example.net`.
pub fn folded(pasted: &str) -> String {
    let inside = pasted.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let text = inside.map_or(pasted, |(inside, _)| inside);
    let around = |c: char| c.is_whitespace() || c.is_control() || ";,<>\"\u{200b}\u{feff}\u{2060}".contains(c);
    let text = text.trim_matches(around).to_lowercase();
    match text.strip_prefix("mailto:") {
        Some(link) => link
            .split('?')
            .next()
            .unwrap_or_default()
            .trim_matches(around)
            .to_owned(),
        None => text,
    }
}

/// Whether a mail server may take it: one `@` between a name without quotes and a host name or address (RFC 5321 §4.1.2,
/// letters of any script as in RFC 6531).
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let in_host = |c: char| c.is_alphanumeric() || "-.[]:".contains(c);
    text.len() <= LONGEST
        && local.len() <= LONGEST_LOCAL
        && local.chars().all(|c| c.is_alphanumeric() || c.is_ascii_punctuation())
        && !local.contains('"')
        && host.chars().all(in_host)
        && text.parse::<lettre::Address>().is_ok()
}

/// Of another server that we ask: encrypted, or on this machine.
pub fn is_allowed(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| is_safe(&url))
}

pub fn is_safe(url: &Url) -> bool {
    let here = match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    url.username().is_empty() && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

/// Scheme, host and port, as a browser writes the origin of a page. Plain http only on this machine.
pub fn is_origin(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| {
        let host = url.host_str().is_some_and(|host| !host.is_empty());
        host && is_safe(&url) && url.origin().ascii_serialization() == address
    })
}

/// Longest address of a link, in characters.
const LONGEST_LINK: usize = 2000;

/// An address to which a page may lead: of the web, or to write a mail to.
pub fn is_link(address: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    !address.contains(odd)
        && address.chars().count() <= LONGEST_LINK
        && Url::parse(address).is_ok_and(|url| match url.scheme() {
            "https" | "http" => url.has_host() && url.username().is_empty() && url.password().is_none(),
            "mailto" => is_email(url.path()),
            _ => false,
        })
}

/// Whoever has an IPv6 address has a whole /64 of them (RFC 6177): it counts as one. IPv4 addresses are mapped.
pub fn network(address: IpAddr) -> Ipv6Addr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_what_people_paste() {
        for pasted in [
            "a@example.net",
            " A@Example.NET\t",
            "<a@example.net>",
            "Anna Arndt <a@example.net>",
            "\"Arndt, Anna\" <a@example.net>;",
            "mailto:a@example.net",
            "MAILTO:a@example.net?subject=Budget",
            "<mailto:a@example.net>",
            "a@example.net;",
            "a@example.net, ",
            "\u{200b}a@example.net\u{feff}",
        ] {
            assert_eq!(folded(pasted), "a@example.net", "{pasted:?}");
        }
    }

    #[test]
    fn what_no_mail_server_takes_is_no_address() {
        for good in [
            "a@example.net",
            "a.b+c_d'e@sub.example.net",
            "a@localhost",
            "a@[192.0.2.1]",
            "jürgen@müller.example",
            "%@example.net",
        ] {
            assert!(is_email(good), "{good:?}");
        }
        let long_local = format!("{}@example.net", "a".repeat(65));
        let long = format!("a@{}example.net", "abcdefgh.".repeat(28));
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@example.net",
            "a@b@example.net",
            ".a@example.net",
            "a.@example.net",
            "a..b@example.net",
            "a b@example.net",
            "\"a b\"@example.net",
            "a\u{200b}@example.net",
            "a@example..net",
            "a@.example.net",
            "a@example.net.",
            "a@-example.net",
            "a@exa_mple.net",
            "a@exa%mple.net",
            "a@example.net\r\nBcc: b@example.net",
            "a@example.net;b@example.net",
            &long_local,
            &long,
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
    }
}
