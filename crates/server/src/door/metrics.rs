// SPDX-License-Identifier: EUPL-1.2
//! What the media server counts, as text for Prometheus (exposition format 0.0.4), under an address of its own. Not under
//! the address that people use: whoever may read it sees how many are there. The rule: no name of anybody or anything.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use konvent_sfu::{Load, Sfu, Traffic};

/// The one path.
pub fn routes(sfu: Sfu) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(sfu)
}

async fn metrics(State(sfu): State<Sfu>) -> impl IntoResponse {
    let (traffic, load) = sfu.traffic().await;
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text(&traffic, load))
}

fn text(traffic: &Traffic, load: Load) -> String {
    let counters = [
        ("datagrams_received_total", "Datagrams that came in.", traffic.received),
        (
            "datagrams_refused_total",
            "Of these, more than their sender may send.",
            traffic.refused,
        ),
        ("datagrams_sent_total", "Datagrams given to the network.", traffic.sent),
        (
            "datagrams_lost_total",
            "Datagrams that the network did not take in time.",
            traffic.lost,
        ),
        (
            "receives_total",
            "System calls that received something.",
            traffic.receives,
        ),
        (
            "sends_total",
            "Datagrams and runs of datagrams given to the network.",
            traffic.sends,
        ),
        (
            "nacks_total",
            "Times that clients asked for packets once more.",
            traffic.nacks,
        ),
        (
            "estimates_total",
            "Times that clients told what their line carries.",
            traffic.estimates,
        ),
        (
            "keyframes_wanted_total",
            "Times that clients asked for a key frame.",
            traffic.keyframes_wanted,
        ),
        (
            "keyframes_asked_total",
            "Times that publishers were asked for one.",
            traffic.keyframes_asked,
        ),
    ];
    let gauges = [
        ("rooms", "Rooms with somebody in them.", load.rooms),
        ("participants", "People in rooms.", load.participants),
        ("tracks", "Tracks that are published.", load.tracks),
    ];
    let line = |name: &str, help: &str, kind: &str, value: String| {
        let name = format!("konvent_media_{name}");
        format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n")
    };
    let counters = counters.map(|(name, help, value)| line(name, help, "counter", value.to_string()));
    let gauges = gauges.map(|(name, help, value)| line(name, help, "gauge", value.to_string()));
    counters.concat() + &gauges.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_name_a_kind_and_a_sentence() {
        let traffic = Traffic {
            sent: 7,
            ..Traffic::default()
        };
        let text = text(&traffic, Load::default());
        assert!(text.starts_with("# HELP konvent_media_datagrams_received_total Datagrams that came in.\n"));
        assert!(
            text.contains("# TYPE konvent_media_datagrams_sent_total counter\nkonvent_media_datagrams_sent_total 7\n")
        );
        assert!(text.ends_with("# TYPE konvent_media_tracks gauge\nkonvent_media_tracks 0\n"));
        assert_eq!(text.lines().count() % 3, 0);
    }
}
