// SPDX-License-Identifier: EUPL-1.2
//! What holds for every request: our own host name, a time limit, and the headers that tell the browser what our pages
//! may do. Not authentication. The one rule: nothing is allowed to a page that it does not need.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::Sleep;

use super::config_js;
use crate::app::App;
use crate::assets;
use crate::http::given_up::asked;
use crate::http::origin::Origin;

/// Paths that are asked without our host name: by load balancers.
const ANY_HOST: [&str; 2] = ["/health", "/ready"];

pub async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !names_one_host(&request) {
        return (StatusCode::BAD_REQUEST, "A request names exactly one host.\n").into_response();
    }
    let origin = origin(&app, request.headers()).await;
    match &origin {
        Some(origin) => _ = request.extensions_mut().insert(origin.clone()),
        None if ANY_HOST.contains(&request.uri().path()) => {}
        None => return Origin::unknown(),
    }
    let patience = assets::patience(&request).unwrap_or(app.config.request_timeout());
    let Ok(mut response) = tokio::time::timeout(patience, to_its_end(request, next, patience)).await else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "The answer took too long. Please try again.\n",
        )
            .into_response();
    };
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Some(origin) = origin {
        if origin.is_secure() {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000"),
            );
        }
        if let Ok(policy) = HeaderValue::from_str(&content_security_policy(&app, &origin).await) {
            headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
        }
    }
    response
}

/// Under which address we are asked. `None`: it is not ours.
async fn origin(app: &App, headers: &HeaderMap) -> Option<Origin> {
    let directory = app.tenants.directory(&app.db).await;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    if let Some(address) = host.and_then(|host| directory.at_host(host)?.address.clone()) {
        return Some(Origin::own(address));
    }
    Origin::of_installation(&app.config, headers)
}

/// Only reading is given up when the client goes away or its time is over: what changes something would stop between two steps.
/// What it asks for has to arrive in that time.
async fn to_its_end(request: Request, next: Next, patience: Duration) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    let request = request.map(|body| {
        let ends = Box::pin(tokio::time::sleep(patience));
        Body::new(InTime { body, ends })
    });
    let (_asker, waits) = watch::channel(());
    let answer = tokio::spawn(asked(waits, next.run(request)));
    answer.await.unwrap_or_else(|_| {
        tracing::error!("a request failed by a fault of the program");
        (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.\n").into_response()
    })
}

/// A body that breaks off when its time is over, so that nobody waits for the rest of it and its socket is closed.
struct InTime {
    body: Body,
    ends: Pin<Box<Sleep>>,
}

impl HttpBody for InTime {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_pending() && self.ends.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut)))));
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What two programs on the way might read differently is answered by neither (RFC 9112 §3.2).
fn names_one_host(request: &Request) -> bool {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    hosts == 1 || (hosts == 0 && request.version() < Version::HTTP_11)
}

const FIXED: [(HeaderName, &str); 5] = [
    // By this our pages know that it is this server that answers, and not one in front of it.
    (HeaderName::from_static("konvent"), "here"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), fullscreen=(self), \
         picture-in-picture=(self), screen-wake-lock=(self), autoplay=(self), geolocation=(), payment=(), usb=(), \
         serial=(), midi=(), browsing-topics=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Everything from our own address, workers and WebAssembly among it. Besides: pictures and media that the page makes itself
/// (`blob:`), and the OpenID provider where one is configured. The WebSocket address is named because older Safari does not
/// count it as 'self'.
async fn content_security_policy(app: &App, origin: &Origin) -> String {
    let websocket = origin.websocket();
    let login = config_js::login(app, origin).await;
    let provider = login.issuer.split('/').take(3).collect::<Vec<_>>().join("/");
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
         worker-src 'self'; font-src 'self'; connect-src 'self' {websocket} {provider}; object-src 'none'; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self' {provider}; require-trusted-types-for 'script'; \
         trusted-types default"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::http::Method;
    use axum::middleware::from_fn_with_state;
    use axum::routing::any;
    use tokio::sync::oneshot;
    use tower::ServiceExt as _;

    use super::*;
    use crate::tests::{Database, Stage};

    /// Whether a request that its client gives up half-way comes to its end.
    async fn is_done_without_its_client(stage: &Stage, method: Method) -> bool {
        let (began, has_begun) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel::<()>();
        let (done, is_done) = oneshot::channel();
        let steps = Arc::new(Mutex::new(Some((began, may_go_on, done))));
        let work = any(move || async move {
            let (began, may_go_on, done) = steps.lock().unwrap().take().unwrap();
            began.send(()).unwrap();
            may_go_on.await.unwrap();
            done.send(()).unwrap();
        });
        let router = Router::new()
            .route("/", work)
            .layer(from_fn_with_state(stage.app.clone(), guard));
        let request = Request::builder()
            .method(method)
            .uri("/")
            .header(header::HOST, "localhost:8080");
        let client = tokio::spawn(router.oneshot(request.body(Body::empty()).unwrap()));
        has_begun.await.unwrap();
        client.abort();
        assert!(client.await.unwrap_err().is_cancelled());
        _ = go_on.send(());
        is_done.await.is_ok()
    }

    #[tokio::test]
    async fn what_changes_something_is_done_to_its_end_when_the_client_goes_away_and_reading_is_not() {
        let stage = Stage::open(Database::Sqlite, &[]).await;
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(is_done_without_its_client(&stage, method.clone()).await, "{method}");
        }
        assert!(!is_done_without_its_client(&stage, Method::GET).await);
    }

    #[tokio::test]
    async fn work_that_has_not_begun_learns_that_nobody_waits_for_it() {
        let stage = Stage::open(Database::Sqlite, &[]).await;
        let (began, has_begun) = oneshot::channel();
        let (left, has_left) = oneshot::channel();
        let steps = Arc::new(Mutex::new(Some((began, left))));
        let work = any(move || async move {
            let (began, left) = steps.lock().unwrap().take().unwrap();
            began.send(()).unwrap();
            crate::http::given_up::nobody_waits().await;
            left.send(()).unwrap();
        });
        let router = Router::new()
            .route("/", work)
            .layer(from_fn_with_state(stage.app.clone(), guard));
        let request = Request::post("/").header(header::HOST, "localhost:8080");
        let client = tokio::spawn(router.oneshot(request.body(Body::empty()).unwrap()));
        has_begun.await.unwrap();
        client.abort();
        has_left.await.unwrap();
    }
}
