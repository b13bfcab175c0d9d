// SPDX-License-Identifier: EUPL-1.2
//! A whole server in the test's process, asked through its router, on either database. Not for media or signaling. Each
//! stage has a database of its own; PostgreSQL itself is started once and ends with the test program.

mod account;
mod account_links;
mod admin;
mod assets;
mod attack;
mod attempts;
mod audit;
mod avatars;
mod backup;
mod calendars;
mod cut;
mod events;
mod factors;
mod foreign_provider;
mod groups;
mod identity;
mod jobs;
mod journal;
mod legal;
mod mail;
mod names;
mod other_pages;
mod postgres;
mod privacy;
mod ready;
mod recorder;
mod replay;
mod retention;
mod rooms;
mod schema;
mod series;
mod signaling;
mod sip;
mod storage;
mod streaming_targets;
mod surface;
mod tenants;
mod walls;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::Digest as _;
use tower::ServiceExt as _;

use crate::app::App;
use crate::change::Change;
use crate::clock;
use crate::config::{Config, Environment, Flags};
use crate::db::{Db, on};
use crate::door::routes;
use crate::ids::TenantId;
use crate::tenants::Tenant;
use crate::users::Administers;

pub use postgres::Cluster;

pub const ORIGIN: &str = "http://localhost:8080";
pub const PASSWORD: &str = "correct horse battery staple";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";

#[derive(Clone, Copy, PartialEq)]
pub enum Database {
    Sqlite,
    Postgres,
}

pub struct Stage {
    pub app: App,
    router: Router,
    folder: PathBuf,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Runs the same story on both databases.
pub async fn on_both(story: impl AsyncFn(Stage)) {
    for database in [Database::Sqlite, Database::Postgres] {
        story(Stage::open(database, &[]).await).await;
    }
}

pub async fn config(database: Database, settings: &[(&str, &str)]) -> (Config, PathBuf) {
    let folder = std::env::temp_dir().join(format!("konvent-test-{}", clock::token()));
    let mut variables: BTreeMap<String, String> = settings
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    variables.insert("KONVENT_MEDIA_UDP".into(), "127.0.0.1:0".into());
    if database == Database::Postgres {
        variables.insert("KONVENT_DATABASE_URL".into(), new_database().await);
    }
    let flags = Flags {
        data: Some(folder.clone()),
        ..Flags::default()
    };
    let loaded = Config::load(&flags, &Environment::from(variables)).unwrap();
    (loaded.config, folder)
}

impl Stage {
    pub async fn open(database: Database, settings: &[(&str, &str)]) -> Stage {
        let (config, folder) = config(database, settings).await;
        Stage::on(config, folder).await
    }

    /// On data that may be there already.
    pub async fn on(config: Config, folder: PathBuf) -> Stage {
        let app = App::open(config).await.unwrap();
        let router = routes::all(app.clone());
        Stage { app, router, folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// What lies at an address, whatever its bytes are.
    pub async fn send_raw(&self, path: &str) -> (StatusCode, Vec<u8>) {
        let request = Request::get(path).header(header::HOST, "localhost:8080");
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let status = response.status();
        (
            status,
            axum::body::to_bytes(response.into_body(), 16 << 20)
                .await
                .unwrap()
                .to_vec(),
        )
    }

    /// `authorization`: the whole header, or empty.
    pub async fn ask(&self, method: Method, path: &str, authorization: &str, body: Option<Value>) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080");
        if !authorization.is_empty() {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    pub async fn get(&self, path: &str, authorization: &str) -> Reply {
        self.ask(Method::GET, path, authorization, None).await
    }

    pub async fn post(&self, path: &str, authorization: &str, body: Value) -> Reply {
        self.ask(Method::POST, path, authorization, Some(body)).await
    }

    pub async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let mut url = reqwest::Url::parse(ORIGIN).unwrap();
        url.query_pairs_mut().extend_pairs(pairs);
        let request = Request::post(path)
            .header(header::HOST, "localhost:8080")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(url.query().unwrap_or_default().to_owned()))
            .unwrap();
        self.send(request).await
    }

    /// What is stored without the server, and stands in no log.
    pub async fn store<T>(&self, tenant: TenantId, work: impl AsyncFnOnce(&mut Change) -> T) -> T {
        let mut change = Change::begin(&self.app.db, tenant).await.unwrap();
        let done = work(&mut change).await;
        change.commit().await.unwrap();
        done
    }

    /// Another tenant, with this name and external id.
    pub async fn tenant(&self, name: &str) -> TenantId {
        let tenant = Tenant {
            external_id: Some(name.into()),
            ..Tenant::new(name.into())
        };
        let add = async |change: &mut Change| crate::tenants::store::add(change, &tenant).await;
        assert!(self.store(tenant.id, add).await.unwrap());
        self.app.tenants.changed();
        tenant.id
    }

    /// Adds a person of a tenant and logs them in; gives the `Authorization` header.
    pub async fn person_of(&self, tenant: TenantId, email: &str, name: &str, administers: Administers) -> String {
        crate::identity::provider::account::add(
            &self.app.db,
            &self.app.config,
            tenant,
            email,
            name,
            PASSWORD,
            administers,
        )
        .await
        .unwrap();
        self.bearer(email).await
    }

    pub async fn bearer(&self, email: &str) -> String {
        let tokens = self.login(email).await;
        format!("Bearer {}", tokens["access_token"].as_str().unwrap())
    }

    pub async fn add(&self, email: &str, name: &str) {
        crate::identity::provider::account::add(
            &self.app.db,
            &self.app.config,
            TenantId::DEFAULT,
            email,
            name,
            PASSWORD,
            Administers::Nothing,
        )
        .await
        .unwrap();
    }

    /// Adds a person and logs them in; gives the `Authorization` header.
    pub async fn person(&self, email: &str, name: &str) -> String {
        self.add(email, name).await;
        self.bearer(email).await
    }

    /// The same for an administrator.
    pub async fn administrator(&self, email: &str) -> String {
        self.person_of(TenantId::DEFAULT, email, "Ada Admin", Administers::Installation)
            .await
    }

    /// The way of a browser from authorize to tokens.
    pub async fn login(&self, email: &str) -> Value {
        let code = self.code(email).await;
        let reply = self.redeem(&code, VERIFIER).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()
    }

    pub async fn code(&self, email: &str) -> String {
        let request = self.login_request().await;
        let body = json!({"request": request, "email": email, "password": PASSWORD});
        let reply = self.post("/identity/login", "", body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        parameter(reply.json()["redirect_to"].as_str().unwrap(), "code")
    }

    pub async fn login_request(&self) -> String {
        let reply = self.get(&authorize_path(""), "").await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
        parameter(&format!("{ORIGIN}{}", reply.header(header::LOCATION)), "request")
    }

    pub async fn redeem(&self, code: &str, verifier: &str) -> Reply {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", "konvent-web"),
            ("redirect_uri", "http://localhost:8080/auth/callback"),
            ("code", code),
            ("code_verifier", verifier),
        ];
        self.form("/identity/token", &pairs).await
    }

    pub async fn refresh(&self, token: &str) -> Reply {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("client_id", "konvent-web"),
            ("refresh_token", token),
        ];
        self.form("/identity/token", &pairs).await
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.app.media.sfu.stop();
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Every action in the audit log of the first organisation.
pub async fn actions(db: &Db) -> Vec<String> {
    const SQL: &str = "SELECT action FROM audit_entries WHERE tenant = $1 ORDER BY number";
    let rows: Vec<(String,)> =
        on!(db, pool => sqlx::query_as(SQL).bind(TenantId::DEFAULT).fetch_all(pool).await).unwrap();
    rows.into_iter().map(|(action,)| action).collect()
}

pub fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(VERIFIER))
}

pub fn authorize_path(more: &str) -> String {
    format!(
        "/identity/authorize?client_id=konvent-web&response_type=code&scope=openid%20profile%20email&state=xyz&nonce=n1\
         &redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fauth%2Fcallback&code_challenge={}&code_challenge_method=S256{more}",
        challenge()
    )
}

pub fn parameter(address: &str, name: &str) -> String {
    let url = reqwest::Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name} in {address}")).1.into_owned()
}

/// The one that all stages of this run share.
static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

async fn new_database() -> String {
    tokio::task::spawn_blocking(|| &*CLUSTER)
        .await
        .unwrap()
        .new_database()
        .await
}
