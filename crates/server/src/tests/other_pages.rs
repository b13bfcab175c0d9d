// SPDX-License-Identifier: EUPL-1.2
//! A web front end that is served elsewhere: what its pages may do here, if the settings name it, and what they may not.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;

use super::{Database, Reply, Stage, challenge};

const THERE: &str = "https://app.example.org";
const SETTINGS: [(&str, &str); 1] = [(
    "KONVENT_HTTP_ALLOWED_ORIGINS",
    "https://app.example.org, http://localhost:5173",
)];

async fn from(stage: &Stage, page: &str, method: Method, path: &str, more: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in [("host", "localhost:8080"), ("origin", page)].iter().chain(more) {
        request = request.header(*name, *value);
    }
    stage.send(request.body(Body::empty()).unwrap()).await
}

const PREFLIGHT: [(&str, &str); 2] = [
    ("access-control-request-method", "PATCH"),
    ("access-control-request-headers", "authorization,content-type"),
];

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_the_settings_name_may_ask_and_read_where_the_next_page_is() {
    let stage = Stage::open(Database::Sqlite, &SETTINGS).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    for page in [THERE, "http://localhost:5173"] {
        let preflight = from(&stage, page, Method::OPTIONS, "/v1/events", &PREFLIGHT).await;
        assert_eq!(preflight.status, StatusCode::OK);
        assert_eq!(preflight.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), page);
        assert!(preflight.header(header::ACCESS_CONTROL_ALLOW_METHODS).contains("PATCH"));
        assert_eq!(
            preflight.header(header::ACCESS_CONTROL_ALLOW_HEADERS),
            "authorization,content-type"
        );
        // A refusal can be read as well.
        for (authorization, status) in [(anna.as_str(), StatusCode::OK), ("", StatusCode::UNAUTHORIZED)] {
            let more = [("authorization", authorization)];
            let more = if authorization.is_empty() { &[][..] } else { &more[..] };
            let reply = from(&stage, page, Method::GET, "/v1/rooms", more).await;
            assert_eq!(reply.status, status, "{}", reply.text);
            assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), page);
            assert!(reply.header(header::ACCESS_CONTROL_EXPOSE_HEADERS).contains("link"));
            // Never with cookies.
            assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "");
        }
        let client = from(&stage, page, Method::GET, "/.well-known/opentalk/client", &[]).await;
        assert_eq!(client.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_no_setting_names_may_ask_nothing() {
    for settings in [&SETTINGS[..], &[]] {
        let stage = Stage::open(Database::Sqlite, settings).await;
        for page in ["https://evil.example", "null", "https://app.example.org.evil.example"] {
            let preflight = from(&stage, page, Method::OPTIONS, "/v1/events", &PREFLIGHT).await;
            assert_eq!(preflight.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "", "{page}");
            let reply = from(&stage, page, Method::GET, "/v1/events", &[]).await;
            assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "", "{page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_login_leads_back_to_pages_that_the_settings_name() {
    let stage = Stage::open(Database::Sqlite, &SETTINGS).await;
    for (page, status) in [
        (THERE, StatusCode::SEE_OTHER),
        ("http://localhost:8080", StatusCode::SEE_OTHER),
        ("https://evil.example", StatusCode::BAD_REQUEST),
        ("https://app.example.org@evil.example", StatusCode::BAD_REQUEST),
    ] {
        let path = format!(
            "/identity/authorize?client_id=konvent-web&response_type=code&scope=openid&state=x&redirect_uri={page}/auth/callback\
             &code_challenge={}&code_challenge_method=S256",
            challenge()
        );
        assert_eq!(stage.get(&path, "").await.status, status, "{page}");
        let path = format!("/identity/end_session?post_logout_redirect_uri={page}/bye");
        let to = stage.get(&path, "").await.header(header::LOCATION).to_owned();
        assert_eq!(to.starts_with(page), status == StatusCode::SEE_OTHER, "{page}: {to}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_gets_back_nothing_that_it_cannot_send_again() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let plain = json!({"title": "Rat", "is_time_independent": true});
    let event = stage.post("/v1/events", &anna, plain).await.json();
    for absent in ["recurrence_pattern", "streaming_targets", "shared_folder"] {
        assert_eq!(event.get(absent), None, "{event}");
    }
    let series = json!({"title": "Rat", "is_time_independent": false, "is_all_day": false,
        "starts_at": {"datetime": "2030-01-07T09:00:00Z", "timezone": "Europe/Berlin"},
        "ends_at": {"datetime": "2030-01-07T10:00:00Z", "timezone": "Europe/Berlin"},
        "recurrence_pattern": ["FREQ=WEEKLY;COUNT=5"]});
    let event = stage.post("/v1/events", &anna, series).await.json();
    assert_eq!(event["recurrence_pattern"].as_array().unwrap().len(), 1, "{event}");
}
