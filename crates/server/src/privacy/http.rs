// SPDX-License-Identifier: EUPL-1.2
//! `GET /v1/users/me/export`, `DELETE /v1/users/me`, and the deletion of somebody by an administrator.

use anyhow::Context as _;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store;
use crate::app::App;
use crate::audit::{Action, Actor, Entry};
use crate::change::Change;
use crate::clock;
use crate::db::time;
use crate::door::running;
use crate::events::resources::Surroundings;
use crate::events::store::Event;
use crate::events::wire::EventResource;
use crate::http::client::Client;
use crate::http::extract::{Id, Json, Query};
use crate::http::failure::{Answer, ErrorBody, Refused};
use crate::http::origin::Origin;
use crate::identity::caller::{Administrator, Known};
use crate::identity::foreign;
use crate::identity::provider;
use crate::identity::provider::account::{passkeys, second_factor};
use crate::identity::provider::http::account;
use crate::ids::{EventId, RoomId, UserId};
use crate::turns::Kind;
use crate::users::admin::{TenantQuery, chosen};
use crate::users::http::PrivateUserProfile;
use crate::users::{self, User};

/// More people of one meeting than this are not in the copy of its organiser's data.
const MOST_INVITEES: i64 = 1000;
/// As many meetings are looked up in one go.
const EVENTS_AT_ONCE: usize = 50;

/// Everything that is kept about a person, but secrets: those are hashed and of no use to anybody.
#[derive(Serialize, ToSchema)]
pub struct PersonalData {
    #[schema(value_type = String, format = DateTime)]
    pub exported_at: Timestamp,
    pub profile: PrivateUserProfile,
    /// As the OpenID provider names them.
    pub groups: Vec<String>,
    /// Meetings they plan.
    pub events: Vec<EventResource>,
    pub rooms: Vec<RoomId>,
    /// Meetings of others they are invited to.
    pub invitations: Vec<Invitation>,
    pub favorites: Vec<EventId>,
    /// Guest links they made.
    pub guest_links: Vec<GuestLink>,
    /// Files they put into rooms; the contents are downloaded there.
    pub files: Vec<StoredFile>,
    pub logins: Vec<KeptLogin>,
    pub passkeys: Vec<KeptPasskey>,
    /// Whether their login asks for codes of an app.
    pub second_factor: bool,
    /// Rooms they may not enter.
    pub bans: Vec<Ban>,
}

#[derive(Serialize, ToSchema)]
pub struct Invitation {
    pub event: EventId,
    pub title: String,
    pub role: String,
    pub status: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct GuestLink {
    pub room: RoomId,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
pub struct StoredFile {
    pub room: RoomId,
    pub filename: String,
    /// Bytes.
    pub size: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct KeptLogin {
    pub browser: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub logged_in_at: Timestamp,
}

/// A passkey, without its key.
#[derive(Serialize, ToSchema)]
pub struct KeptPasskey {
    pub name: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
pub struct Ban {
    pub room: RoomId,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// A copy of everything that is kept about oneself (GDPR Art. 15 and 20).
#[utoipa::path(get, path = "/users/me/export", tag = "users", security(("bearer" = [])),
    responses((status = 200, body = PersonalData), (status = 401, body = ErrorBody)))]
pub async fn export(State(app): State<App>, Known(user): Known, origin: Origin) -> Answer<Response> {
    let (db, tenant, id) = (&app.db, user.tenant, user.id);
    let turn = app.turns.take(id, Kind::Whole).await;
    let mut events = Vec::new();
    for some in store::events(db, tenant, id).await?.chunks(EVENTS_AT_ONCE) {
        let seen = crate::events::store::visible(db, tenant, id, some).await?;
        let plain: Vec<Event> = seen.iter().map(|seen| seen.event.clone()).collect();
        let surroundings = Surroundings::of(&app.db, &app.config, &user, &origin, &plain, &[], MOST_INVITEES).await?;
        let mut some: Vec<EventResource> = seen.into_iter().map(|seen| surroundings.event(seen)).collect();
        some.sort_by_key(|event| (event.created_at, event.id));
        events.extend(some);
    }
    let invitations = store::invitations(db, tenant, id).await?.into_iter();
    let guest_links = store::guest_links(db, tenant, id).await?.into_iter();
    let files = store::files(db, tenant, id).await?.into_iter();
    let logins = store::logins(db, tenant, id).await?.into_iter();
    let account = provider::store::subject(db, tenant, id).await?;
    let passkeys = passkeys::store::list(db, tenant, &account).await?.into_iter();
    let factor = second_factor::store::find(db, tenant, &account).await?;
    let bans = store::bans(db, tenant, id).await?.into_iter();
    let data = PersonalData {
        exported_at: clock::now(),
        groups: users::store::groups(db, tenant, id).await?,
        rooms: store::rooms(db, tenant, id).await?,
        favorites: store::favorites(db, tenant, id).await?,
        invitations: invitations
            .map(|(event, title, role, status, at)| Invitation {
                event,
                title,
                role,
                status,
                created_at: time(at),
            })
            .collect(),
        guest_links: guest_links
            .map(|(room, at, expires)| GuestLink {
                room,
                created_at: time(at),
                expires_at: expires.map(time),
            })
            .collect(),
        files: files
            .map(|(room, filename, size, at)| StoredFile {
                room,
                filename,
                size,
                created_at: time(at),
            })
            .collect(),
        logins: logins
            .map(|(browser, at)| KeptLogin {
                browser,
                logged_in_at: time(at),
            })
            .collect(),
        passkeys: passkeys
            .map(|row| KeptPasskey {
                name: row.name,
                created_at: time(row.created_at),
                last_used_at: row.used_at.map(time),
            })
            .collect(),
        second_factor: factor.is_some_and(|factor| factor.confirmed),
        bans: bans
            .map(|(room, at)| Ban {
                room,
                created_at: time(at),
            })
            .collect(),
        profile: users::http::profile(&app, user, &origin).await?,
        events,
    };
    Change::note(db, tenant, Entry::by(id, Action::PersonExported).on(id)).await?;
    let name = "attachment; filename=\"konvent-personal-data.json\"";
    let writing = app.turns.writing().await;
    let text = tokio::task::spawn_blocking(move || {
        let text = serde_json::to_vec(&data);
        drop(writing);
        text
    });
    let text = text.await.context("a copy of personal data could not be written")?;
    let text = text.context("personal data cannot be told as JSON")?;
    let kind = (header::CONTENT_TYPE, "application/json");
    Ok(([(header::CONTENT_DISPOSITION, name), kind], turn.body(text)).into_response())
}

/// No `Debug`: a password.
#[derive(Deserialize, ToSchema)]
pub struct DeleteMe {
    /// Of an account of the built-in login. People of an OpenID provider have logged in there within five minutes instead.
    #[schema(max_length = 256)]
    current_password: Option<String>,
}

/// Deletes oneself with all one's meetings, rooms and files, at once and for good (GDPR Art. 17). An access token alone is
/// not enough. 429: too many wrong passwords.
#[utoipa::path(delete, path = "/users/me", tag = "users", security(("bearer" = [])), request_body = DeleteMe,
    responses((status = 204), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 422, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub async fn delete_me(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Known(user): Known,
    Json(body): Json<DeleteMe>,
) -> Answer<StatusCode> {
    if users::store::is_local(&app.db, user.tenant, user.id).await? {
        let password = body.current_password.unwrap_or_default();
        account::prove(&app, &user, client, password).await?;
    } else if !foreign::has_just_logged_in(&headers) {
        let text = "Log in at your login provider again, then delete your account within five minutes. If that does not \
            help, ask your administrator.";
        return Err(Refused::new(StatusCode::FORBIDDEN, "fresh_login_required", text).into());
    }
    remove(&app, &user, user.id).await
}

/// Deletes a person with all their meetings, rooms and files, at once and for good.
#[utoipa::path(delete, path = "/admin/users/{user_id}", tag = "admin", security(("bearer" = [])),
    params(("user_id" = UserId, Path), TenantQuery),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn delete_other(
    State(app): State<App>,
    Administrator(user): Administrator,
    Id(id): Id<UserId>,
    Query(query): Query<TenantQuery>,
) -> Answer<StatusCode> {
    let tenant = chosen(&user, query.tenant_id)?;
    let other = users::store::by_id(&app.db, tenant, id).await?;
    let other = other.ok_or_else(Refused::not_found)?;
    if other.administers() > user.administers() {
        return Err(Refused::forbidden().into());
    }
    remove(&app, &other, user.id).await
}

async fn remove(app: &App, user: &User, by: UserId) -> Answer<StatusCode> {
    if super::is_indispensable(&app.db, user.id).await? {
        let text = "Nobody else administers this installation. Make somebody else administrator first.";
        return Err(Refused::new(StatusCode::CONFLICT, "last_administrator", text).into());
    }
    erase(app, user, by.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a person with everything that is theirs: their rooms, meetings and files go, what they did in those of others
/// stays without them. Only the audit log keeps their id, for as long as `retention.audit_log_days` says.
pub async fn erase(app: &App, user: &User, actor: Actor) -> anyhow::Result<()> {
    let tenant = user.tenant;
    let mut farewells = Vec::new();
    for event in store::events(&app.db, tenant, user.id).await? {
        farewells.extend(app.mail.farewell(tenant, event, false).await?);
    }
    let rooms = store::rooms(&app.db, tenant, user.id).await?;
    let entry = Entry::by(actor, Action::PersonDeleted).on(user.id);
    let mut change = Change::begin(&app.db, tenant).await?;
    store::delete(&mut change, user).await?;
    change.record(entry.with("rooms", rooms.len()));
    change.queue(farewells);
    change.commit().await?;
    app.registry
        .expel(tenant, konvent_meeting::ParticipantId(user.id.0))
        .await;
    for room in rooms {
        running::deleted(app, room).await;
    }
    app.assets.remove_of_deleted_rooms(tenant).await?;
    // The last, so that what came before is in it.
    store::forget_pages(&app.db).await?;
    tracing::info!(user = %user.id, "a person was deleted with everything of theirs");
    Ok(())
}
