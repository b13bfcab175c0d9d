// SPDX-License-Identifier: EUPL-1.2
//! From which address a request comes. Not who sends it, and no proof of anything: for counting only. Behind a proxy the
//! address that the proxy added last counts; anything before it may be invented.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::config::Config;

/// The client's address, as an extractor.
#[derive(Clone, Copy)]
pub struct Client(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for Client
where
    Arc<Config>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Client, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        let told = Arc::<Config>::from_ref(state)
            .http
            .behind_proxy
            .then(|| forwarded(&parts.headers));
        Ok(Client(told.flatten().unwrap_or(peer).to_canonical()))
    }
}

/// The last address of `X-Forwarded-For`, which may stand there several times; `None`: what the proxy added is none.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let values = headers.get_all("x-forwarded-for").iter();
    let parts = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let last = parts.map(<[u8]>::trim_ascii).rfind(|part| !part.is_empty())?;
    address(std::str::from_utf8(last).ok()?)
}

/// An address as proxies write it: with a port, with brackets, in quotes (as in RFC 7239), or bare.
fn address(text: &str) -> Option<IpAddr> {
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Ok(with_port) = text.parse::<SocketAddr>() {
        return Some(with_port.ip());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse().ok().map(IpAddr::V6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        forwarded(&headers).map(|address| address.to_string())
    }

    #[test]
    fn the_address_that_the_proxy_added_counts_however_it_is_written() {
        let cases: [(&[&str], &str); 13] = [
            (&["203.0.113.5"], "203.0.113.5"),
            (&["203.0.113.5:40123"], "203.0.113.5"),
            (&["\"203.0.113.5:40123\""], "203.0.113.5"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["\"[2001:db8::1]:443\""], "2001:db8::1"),
            (&["198.51.100.1, 203.0.113.5:1"], "203.0.113.5"),
            (&["198.51.100.1,203.0.113.5 "], "203.0.113.5"),
            (&["unknown, <b>, 203.0.113.5"], "203.0.113.5"),
            (&["198.51.100.1", "203.0.113.5"], "203.0.113.5"),
            (&["198.51.100.1, 198.51.100.2", "203.0.113.5:7"], "203.0.113.5"),
            (&["203.0.113.5,", ""], "203.0.113.5"),
        ];
        for (values, expected) in cases {
            assert_eq!(of(values).as_deref(), Some(expected), "{values:?}");
        }
    }

    #[test]
    fn rubbish_at_the_end_is_no_address_and_what_stands_before_it_is_not_believed() {
        for values in [
            &["unknown"] as &[&str],
            &["203.0.113.5, unknown"],
            &["203.0.113.5", "_hidden"],
            &["203.0.113.5:99999"],
            &["[203.0.113.5]"],
            &["[2001:db8::1"],
            &["203.0.113.5:1:2"],
            &[],
        ] {
            assert_eq!(of(values), None, "{values:?}");
        }
    }
}
