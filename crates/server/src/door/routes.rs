// SPDX-License-Identifier: EUPL-1.2
//! The one flat list of routes. Not a place for handlers. A path that is not here does not exist.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tower_http::cors::{AllowHeaders, CorsLayer};
use utoipa::OpenApi;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{config_js, guard, rtc, settings};
use crate::app::App;
use crate::http::failure::Refused;
use crate::http::web;
use crate::identity::{logout, provider};
use crate::ids::TenantId;
use crate::{
    assets, audit, calendar, entry, events, jobs, mail, privacy, rooms, setup, signaling, tariffs, tenants, users,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Konvent", description = "REST interface of a Konvent server", license(name = "EUPL-1.2", identifier = "EUPL-1.2")),
    modifiers(&Credentials)
)]
struct Document;

/// How requests prove who sends them.
struct Credentials;

impl utoipa::Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let guest = ApiKeyValue::with_description("Authorization", "InviteCode, a space, and the code of a guest link");
        components.add_security_scheme("invite_code", SecurityScheme::ApiKey(ApiKey::Header(guest)));
    }
}

/// The REST interface under `/v1`, one line an operation, with its OpenAPI document.
pub fn v1() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(setup::http::status, setup::http::set_up))
        .routes(routes!(logout::http::logout))
        .routes(routes!(
            users::http::me,
            users::http::patch_me,
            privacy::http::delete_me
        ))
        .routes(routes!(privacy::http::export))
        .routes(routes!(users::avatar::http::set, users::avatar::http::remove))
        .routes(routes!(users::avatar::http::get))
        .routes(routes!(users::avatar::http::get_initials))
        .routes(routes!(users::http::my_tariff))
        .routes(routes!(users::http::find))
        .routes(routes!(users::http::groups))
        .routes(routes!(users::http::one))
        .routes(routes!(
            events::invites::http::add_favorite,
            events::invites::http::remove_favorite
        ))
        .routes(routes!(events::http::list, events::http::create))
        .routes(routes!(events::instances::http::all))
        .routes(routes!(events::http::get, events::http::change, events::http::delete))
        .routes(routes!(events::invites::http::list, events::invites::http::create))
        .routes(routes!(events::instances::http::list))
        .routes(routes!(events::instances::http::get, events::instances::http::change))
        .routes(routes!(
            events::http::add_shared_folder,
            events::http::remove_shared_folder
        ))
        .routes(routes!(
            events::invites::http::change_email,
            events::invites::http::remove_email
        ))
        .routes(routes!(events::invites::http::change, events::invites::http::remove))
        .routes(routes!(events::invites::http::accept, events::invites::http::decline))
        .routes(routes!(events::invites::http::pending))
        .routes(routes!(events::invites::http::guest::answer))
        .routes(routes!(events::invites::http::undelivered::list))
        .routes(routes!(rooms::http::list, rooms::http::create))
        .routes(routes!(rooms::http::get, rooms::http::change, rooms::http::delete))
        .routes(routes!(rooms::http::tariff))
        .routes(routes!(rooms::http::event))
        .routes(routes!(rooms::invites::http::list, rooms::invites::http::create))
        .routes(routes!(
            rooms::invites::http::get,
            rooms::invites::http::change,
            rooms::invites::http::end
        ))
        .routes(routes!(rooms::invites::http::verify))
        .routes(routes!(rooms::streaming::http::list, rooms::streaming::http::create))
        .routes(routes!(
            rooms::streaming::http::get,
            rooms::streaming::http::change,
            rooms::streaming::http::delete
        ))
        .routes(routes!(
            rooms::sip::http::get,
            rooms::sip::http::put,
            rooms::sip::http::delete
        ))
        .routes(routes!(rooms::sip::http::start))
        .routes(routes!(entry::http::start))
        .routes(routes!(entry::http::start_invited))
        .routes(routes!(
            calendar::http::get,
            calendar::http::create,
            calendar::http::remove
        ))
        .routes(routes!(calendar::http::calendar))
        .routes(routes!(mail::http::status))
        .routes(routes!(jobs::http::list))
        .routes(routes!(jobs::http::retry))
        .routes(routes!(jobs::http::delete))
        .routes(routes!(assets::http::mine))
        .routes(routes!(assets::http::list, assets::http::create))
        .routes(routes!(assets::http::delete))
        .routes(routes!(assets::http::download))
        .routes(routes!(assets::http::content))
        .routes(routes!(tenants::http::list, tenants::http::create))
        .routes(routes!(tenants::http::change))
        .routes(routes!(tenants::http::add_issuer, tenants::http::remove_issuer))
        .routes(routes!(tariffs::http::list, tariffs::http::create))
        .routes(routes!(tariffs::http::set, tariffs::http::delete))
        .routes(routes!(signaling::admin::list))
        .routes(routes!(signaling::admin::end))
        .routes(routes!(settings::list))
        .routes(routes!(users::admin::list, users::admin::create))
        .routes(routes!(users::admin::change, privacy::http::delete_other))
        .routes(routes!(users::admin::invite_again))
        .routes(routes!(users::admin::remove_second_factor))
        .routes(routes!(users::admin::make_password_link))
        .routes(routes!(audit::http::list))
        .routes(routes!(audit::http::export))
        .routes(routes!(audit::http::verify))
}

fn documented() -> OpenApiRouter<App> {
    let mut router = OpenApiRouter::with_openapi(Document::openapi()).nest("/v1", v1());
    complete_operations(router.get_openapi_mut());
    router
}

/// What all operations have in common: a name after method and path, unique, as OpenAPI wants it, the refusals of the
/// extractors, which no handler lists, and what each status says where the handler has no words of its own.
fn complete_operations(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let name = path
            .trim_start_matches("/v1/")
            .replace(['{', '}'], "")
            .replace(['/', '.', '-'], "_");
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            operation.operation_id = Some(format!("{method}_{name}"));
            let body = operation.request_body.as_ref();
            let json = body
                .is_some_and(|body| matches!(body, RefOr::T(body) if body.content.contains_key("application/json")));
            let parameters = operation.parameters.as_deref().unwrap_or_default();
            let has = |place: ParameterIn| {
                let is =
                    |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(known) if known.parameter_in == place);
                parameters.iter().any(is)
            };
            let refusals = [
                ("400", json || has(ParameterIn::Query), "Not to be read"),
                ("401", operation.security.is_some(), "Nobody is logged in, or no longer"),
                ("404", has(ParameterIn::Path), "There is no such thing"),
                ("413", body.is_some(), "The body is too large"),
                ("415", json, "The body is not JSON"),
            ];
            for (status, applies, description) in refusals {
                let known = &mut operation.responses.responses;
                if applies && !known.contains_key(status) {
                    known.insert(status.into(), refusal(description).into());
                }
            }
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response
                    && response.description.is_empty()
                {
                    meaning(status).clone_into(&mut response.description);
                }
            }
        }
    }
}

/// What a status means throughout the interface. OpenAPI wants words for each response.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "What was asked for",
        "201" => "It was made",
        "204" => "It is done",
        "400" => "Not to be read",
        "401" => "Nobody is logged in, or no longer",
        "403" => "Without the right to do this",
        "404" => "There is no such thing, or not for who asks",
        "409" => "As things are, it cannot be done",
        "410" => "It is there no more",
        "413" => "Too large, or more than one may have",
        "422" => "Some values are not valid; validation_errors names them",
        "429" => "Too often; try again later",
        "503" => "Not now; try again in a moment",
        _ => "Refused",
    }
}

fn refusal(description: &str) -> Response {
    let body = Ref::from_schema_name("ErrorBody");
    let content = ContentBuilder::new().schema(Some(body)).build();
    ResponseBuilder::new()
        .description(description)
        .content("application/json", content)
        .build()
}

/// The OpenAPI document, as checked in at `docs/api/openapi.json`.
pub fn document() -> String {
    let (_, document) = documented().split_for_parts();
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// Every path of the server.
pub fn all(app: App) -> Router {
    let media = rtc::routes(app.media.sfu.clone());
    let (v1, document) = documented().split_for_parts();
    let document = axum::body::Bytes::from(document.to_json().unwrap_or_default());
    let other_pages = app.config.http.allowed_origins.iter();
    let other_pages: Vec<HeaderValue> = other_pages.filter_map(|origin| origin.parse().ok()).collect();
    let v1 = v1
        .route("/v1/signaling/{token}", get(signaling::http::signaling))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route(
            "/v1/openapi.json",
            get(async move || ([(header::CONTENT_TYPE, "application/json")], document.clone())),
        )
        .route("/config.js", get(config_js::config_js))
        .route("/.well-known/opentalk/client", get(config_js::well_known_client))
        .route("/.well-known/opentalk/api", get(config_js::well_known_api))
        .method_not_allowed_fallback(async || Refused::method_not_allowed());
    // Preflights are answered around everything above. The built-in provider says itself what other pages may ask of it.
    let v1 = match other_pages.is_empty() {
        true => v1,
        false => v1.layer(readable_by(other_pages)),
    };
    v1.nest("/identity", provider::http::routes())
        .fallback(web::file_or_start_page)
        .layer(DefaultBodyLimit::max(app.config.http.max_body_bytes))
        .with_state(app.clone())
        .merge(media)
        .layer(from_fn_with_state(app, guard::guard))
}

/// Lets scripts of pages elsewhere ask (Fetch standard, "CORS protocol"). No cookie counts here: a page needs a token.
fn readable_by(origins: Vec<HeaderValue>) -> CorsLayer {
    const REMEMBERED: Duration = Duration::from_secs(2 * 3600);
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::LINK,
            header::CONTENT_DISPOSITION,
            header::RETRY_AFTER,
            header::WWW_AUTHENTICATE,
        ])
        .max_age(REMEMBERED)
}

/// The process answers. Whether it can do its work: `/ready`.
async fn health() -> &'static str {
    "ok\n"
}

/// The database answers, media is forwarded and nobody is being sent away: a load balancer may send people here.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    let database = users::store::has_admin(&app.db, TenantId::DEFAULT).await;
    if app.registry.is_open() && !app.media.sfu.is_running() {
        return rtc::NOT_RUNNING;
    }
    match (app.registry.is_open(), database) {
        (true, Ok(_)) => (StatusCode::OK, "ready\n"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        (true, Err(error)) => {
            tracing::error!(%error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
