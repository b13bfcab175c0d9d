// SPDX-License-Identifier: EUPL-1.2
//! Prints how long the pages of planning take to answer in an organisation of 10,000 people and 100,000 meetings: the time
//! inside the server, 95th percentile, one line `name: value unit` each. `KONVENT_DATABASE_URL` chooses PostgreSQL (an
//! empty database), otherwise a SQLite file in the temporary directory is filled.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, header};
use konvent_server::app::App;
use konvent_server::clock;
use konvent_server::config::{Config, Environment, Flags};
use konvent_server::db::Db;
use konvent_server::door::routes;
use konvent_server::identity::{Source, caller};
use konvent_server::ids::TenantId;
use konvent_server::users::search;
use serde_json::json;
use tower::ServiceExt as _;

const PEOPLE: usize = 10_000;
const MEETINGS: usize = 100_000;
/// People who ask, spread over all.
const ASKERS: usize = 50;
const ROUNDS: usize = 4;
const HOUR: i64 = 3_600_000;
const FIRST: [&str; 8] = ["Anna", "Jürgen", "Zoë", "Mehmet", "Łukasz", "Birgit", "Søren", "Ivana"];
const LAST: [&str; 8] = [
    "Müller", "Groß", "Öztürk", "Nowak", "Schäfer", "Weiß", "Krüger", "Lange",
];

fn person(number: usize) -> (String, String, String, String) {
    let (first, last) = (FIRST[number % 8], LAST[number / 8 % 8]);
    let id = uuid::Uuid::from_u128(0x1000_0000 + number as u128).to_string();
    (
        id,
        first.to_owned(),
        format!("{last}{}", number / 64),
        format!("person{number}@example.org"),
    )
}

/// Everything in few transactions: this is no test of writing.
macro_rules! fill {
    ($pool:expr) => {{
        let now = clock::now().as_millisecond();
        let tenant = TenantId::DEFAULT;
        let mut transaction = $pool.begin().await?;
        for number in 0..PEOPLE {
            let (id, first, last, email) = person(number);
            let name = format!("{first} {last}");
            sqlx::query(
                "INSERT INTO users (tenant, id, issuer, subject, email, title, firstname, lastname, display_name, language, \
                 dashboard_theme, conference_theme, is_admin, search, created_at) \
                 VALUES ($1, $2, 'local', $2, $3, '', $4, $5, $6, 'de', 'system', 'system', FALSE, $7, $8)",
            )
            .bind(tenant).bind(&id).bind(&email).bind(&first).bind(&last).bind(&name)
            .bind(search::terms(&[&name, &email])).bind(now)
            .execute(&mut *transaction).await?;
            // Each has logged in: every request looks whether that still counts.
            sqlx::query("INSERT INTO accounts (tenant, id, email, password_hash, created_at) VALUES ($1, $2, $3, '', $4)")
                .bind(tenant).bind(&id).bind(&email).bind(now).execute(&mut *transaction).await?;
            sqlx::query(
                "INSERT INTO grants (tenant, id, account, session_hash, client_id, redirect_uri, scope, code_hash, \
                 code_challenge, code_expires_at, code_used, authenticated_at, expires_at, revoked) \
                 VALUES ($1, $2, $2, $2, 'konvent-web', '', 'openid', $2, '', $3, TRUE, $3, $4, FALSE)",
            )
            .bind(tenant).bind(&id).bind(now).bind(now + 24 * HOUR)
            .execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        sqlx::query("ANALYZE").execute($pool).await?;
        let mut transaction = $pool.begin().await?;
        for number in 0..MEETINGS {
            // PostgreSQL plans its checks of foreign keys by what it knows of the tables.
            if number % 1_000 == 0 && number <= 10_000 {
                transaction.commit().await?;
                sqlx::query("ANALYZE").execute($pool).await?;
                transaction = $pool.begin().await?;
            }
            let owner = person(number % PEOPLE).0;
            let id = uuid::Uuid::from_u128(0x2000_0000 + number as u128).to_string();
            // From a year ago to a year ahead; every tenth a weekly series without end.
            let starts = now + (number as i64 * 7919 % 17_520 - 8_760) * HOUR;
            let (rule, until) = if number % 10 == 0 { ("RRULE:FREQ=WEEKLY", i64::MAX) } else { ("", starts + HOUR) };
            sqlx::query(
                "INSERT INTO rooms (tenant, id, created_by, created_at, waiting_room, guest_access, e2e_encryption) \
                 VALUES ($1, $2, $3, $4, FALSE, 'direct_access', FALSE)",
            )
            .bind(tenant).bind(&id).bind(&owner).bind(now)
            .execute(&mut *transaction).await?;
            sqlx::query(
                "INSERT INTO events (tenant, id, room, title, description, created_by, created_at, updated_by, updated_at, \
                 is_adhoc, is_all_day, starts_at, starts_at_timezone, ends_at, ends_at_timezone, show_meeting_details, \
                 recurrence, sorts_at, spans_from, spans_to, revision) \
                 VALUES ($1, $2, $2, $3, '', $4, $5, $4, $5, FALSE, FALSE, $6, 'Europe/Berlin', $7, 'Europe/Berlin', FALSE, \
                 $8, $6, $6, $9, 0)",
            )
            .bind(tenant).bind(&id).bind(format!("Sitzung {number}")).bind(&owner).bind(now)
            .bind(starts).bind(starts + HOUR).bind(rule).bind(until)
            .execute(&mut *transaction).await?;
            for guest in 1..4_usize {
                let invitee = person((number * 31 + guest * 977) % PEOPLE).0;
                sqlx::query(
                    "INSERT INTO event_invites (tenant, event, invitee, role, status, created_by, created_at) \
                     VALUES ($1, $2, $3, 'user', 'accepted', $4, $5) ON CONFLICT DO NOTHING",
                )
                .bind(tenant).bind(&id).bind(&invitee).bind(&owner).bind(now)
                .execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        sqlx::query("ANALYZE").execute($pool).await?;
    }};
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("konvent-bench-{}", clock::token()));
    let flags = Flags {
        data: Some(folder.clone()),
        ..Flags::default()
    };
    let mut config = Config::load(&flags, &Environment::read())?.config;
    config.media.udp = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let app = App::open(config.clone()).await?;
    let database = match &app.db {
        Db::Sqlite(pool) => {
            fill!(pool);
            "SQLite"
        }
        Db::Postgres(pool) => {
            fill!(pool);
            "PostgreSQL"
        }
    };
    // Opened anew: a connection of SQLite keeps what it knew of the tables when it was made, here in the midst of the filling.
    app.media.sfu.stop();
    app.db.close().await;
    let app = App::open(config).await?;
    let Source::BuiltIn(keys) = &app.identity.source else {
        anyhow::bail!("The benchmark logs in by itself: identity.issuer must be empty.");
    };
    let origin = "http://localhost:8080";
    let router = routes::all(app.clone());
    let from = jiff::Timestamp::from_millisecond(clock::now().as_millisecond() - HOUR)?;
    let to = jiff::Timestamp::from_millisecond(clock::now().as_millisecond() + 31 * 24 * HOUR)?;
    let pages = [
        ("profile", "/v1/users/me".to_owned()),
        (
            "dashboard",
            format!("/v1/events/instances?instances_max=5&per_page=30&invitees_max=5&time_min={from}"),
        ),
        (
            "month",
            format!("/v1/events/instances?instances_max=100&per_page=100&time_min={from}&time_max={to}"),
        ),
        ("list of meetings", "/v1/events?per_page=30&invitees_max=5".to_owned()),
        ("search, one word", "/v1/users/find?q=MULL".to_owned()),
        ("search, two words", "/v1/users/find?q=jur+gro%C3%9F12".to_owned()),
    ];
    for (name, path) in pages {
        let mut times: Vec<Duration> = Vec::new();
        for asker in (0..ASKERS * ROUNDS).map(|round| round % ASKERS) {
            let now = clock::unix();
            let who = person(asker * PEOPLE / ASKERS).0;
            let token = keys.sign(
                caller::ACCESS,
                &json!({"iss": format!("{origin}/identity"), "sub": who, "sid": who,
                    (caller::TENANT): TenantId::DEFAULT, "aud": "konvent-web", "client_id": "konvent-web",
                    "scope": "openid", "iat": now, "exp": now + 600}),
            )?;
            let request = Request::get(&path)
                .header(header::HOST, "localhost:8080")
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .body(Body::empty())?;
            let began = Instant::now();
            let response = router.clone().oneshot(request).await?;
            anyhow::ensure!(response.status().is_success(), "{path}: {}", response.status());
            let answer = axum::body::to_bytes(response.into_body(), 1 << 24).await?;
            anyhow::ensure!(answer.len() > 100, "{path}: nothing was found");
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1000.0;
        println!(
            "planning on {database}, {name}, 95th percentile: {:.1} ms (median {:.1})",
            at(95),
            at(50)
        );
    }
    app.media.sfu.stop();
    app.db.close().await;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
