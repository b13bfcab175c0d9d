// SPDX-License-Identifier: EUPL-1.2
//! Mails as a mail server gets them (npm `smtp-server` and `mailparser`), and as a foreign calendar reads them (`ical.js`).

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use axum::http::{Method, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use konvent_calendar::{Meeting, Person, Span, When, ics};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Database, ORIGIN, Reply, Stage, parameter};
use crate::change::Change;
use crate::clock;
use crate::db::millis;
use crate::entry::Way;
use crate::identity::caller::Asker;
use crate::ids::{EventId, InviteCode, RoomId, TenantId};
use crate::jobs::worker;
use crate::mail::{self, Receiver};

const TENANT: TenantId = TenantId::DEFAULT;
const FROM: &str = "konvent@stadt.example";

pub struct Smtp {
    node: Child,
    stdin: Option<ChildStdin>,
    port: u16,
    lines: UnboundedReceiver<Value>,
}

impl Smtp {
    /// `arguments`: port, mode, and what the mode needs.
    pub fn start(arguments: &[&str]) -> Smtp {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp");
        assert!(
            folder.join("node_modules/smtp-server").exists(),
            "run: npm ci --prefix crates/server/tests/smtp (make test does)"
        );
        let mut node = Command::new("node")
            .arg("server.mjs")
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js is missing");
        let mut output = BufReader::new(node.stdout.take().unwrap()).lines();
        let port = output.next().unwrap().unwrap();
        let port = port.parse().expect("the server prints its port");
        let (sender, lines) = unbounded_channel();
        std::thread::spawn(move || {
            for line in output.map_while(Result::ok) {
                _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Smtp {
            stdin: node.stdin.take(),
            node,
            port,
            lines,
        }
    }

    pub fn plain() -> Smtp {
        Smtp::start(&["0", "plain"])
    }

    pub async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(Duration::from_secs(30), self.lines.recv()).await;
        line.expect("a mail within half a minute").expect("the server lives")
    }

    /// The next mails, by receiver.
    async fn mails<const N: usize>(&mut self) -> [Value; N] {
        let mut all = Vec::new();
        for _ in 0..N {
            all.push(self.next().await);
        }
        all.sort_by_key(|mail| mail["to"][0].as_str().unwrap().to_owned());
        all.try_into().unwrap()
    }

    pub fn nothing_more(&mut self) {
        assert!(self.lines.try_recv().is_err());
    }

    /// What ical.js says of a calendar; for mode `parse`.
    pub async fn parsed(&mut self, text: &str) -> Value {
        writeln!(self.stdin.as_mut().unwrap(), "{}", json!(text)).unwrap();
        self.next().await
    }

    pub async fn stage(&self, database: Database) -> Stage {
        let url = format!("smtp://127.0.0.1:{}", self.port);
        stage(database, &[("KONVENT_MAIL_URL", &url), ("KONVENT_MAIL_TLS", "none")]).await
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        _ = self.node.kill();
        _ = self.node.wait();
    }
}

async fn stage(database: Database, more: &[(&str, &str)]) -> Stage {
    let mut settings = vec![("KONVENT_MAIL_FROM", FROM), ("KONVENT_HTTP_PUBLIC_URL", ORIGIN)];
    settings.extend(more);
    Stage::open(database, &settings).await
}

fn planned(title: &str, hour: u8) -> Value {
    json!({"title": title, "description": "Zu klären: Gebühren", "is_time_independent": false, "is_all_day": false,
        "starts_at": {"datetime": format!("2030-05-06T{hour:02}:00:00Z"), "timezone": "Europe/Berlin"},
        "ends_at": {"datetime": format!("2030-05-06T{hour:02}:30:00Z"), "timezone": "Europe/Berlin"}})
}

async fn event(stage: &Stage, who: &str, body: Value) -> Value {
    let reply = stage.post("/v1/events", who, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    reply.json()
}

async fn invite(stage: &Stage, who: &str, event: &Value, email: &str) {
    let path = format!("/v1/events/{}/invites", event["id"].as_str().unwrap());
    let reply = stage.post(&path, who, json!({"email": email})).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
}

pub async fn run(stage: &Stage) -> usize {
    run_at(stage, clock::now()).await
}

async fn run_at(stage: &Stage, now: Timestamp) -> usize {
    worker::run_due(&stage.app, now).await.unwrap()
}

async fn mail_jobs(stage: &Stage, admin: &str) -> Vec<Value> {
    let jobs = stage.get("/v1/admin/jobs?per_page=100", admin).await.json();
    let all = jobs.as_array().unwrap().iter();
    all.filter(|job| job["kind"].as_str().unwrap().ends_with("_mail"))
        .cloned()
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_opens_in_a_calendar_is_updated_by_a_change_and_removed_by_a_cancellation() {
    for database in [Database::Sqlite, Database::Postgres] {
        let mut smtp = Smtp::plain();
        let stage = smtp.stage(database).await;
        let anna = stage.person("anna@example.org", "Änne Müßig").await;
        stage.add("bo@example.org", "Bo Berg").await;
        let title = "Haushalt: Müllgebühren, größere Änderungen und noch viel mehr, was in keine Zeile passt";
        let planned_event = event(&stage, &anna, planned(title, 8)).await;
        let path = format!("/v1/events/{}", planned_event["id"].as_str().unwrap());
        invite(&stage, &anna, &planned_event, "bo@example.org").await;
        invite(&stage, &anna, &planned_event, "citizen@example.com").await;
        assert_eq!(run(&stage).await, 2);
        let [bo, citizen] = smtp.mails().await;
        assert_eq!(bo["to"], json!(["bo@example.org"]));
        assert_eq!(bo["subject"], format!("Einladung: {title}"));
        assert_eq!(
            (
                &bo["from"][0]["address"],
                &bo["from"][0]["name"],
                &bo["shownTo"][0]["name"]
            ),
            (&json!(FROM), &json!("Konvent"), &json!("Bo Berg"))
        );
        assert_eq!(
            (&bo["replyTo"][0]["address"], &bo["replyTo"][0]["name"]),
            (&json!("anna@example.org"), &json!("Änne Müßig"))
        );
        assert_eq!(bo["autoSubmitted"], "auto-generated");
        let text = bo["text"].as_str().unwrap();
        for part in [
            "Guten Tag Bo Berg,",
            "Änne Müßig lädt Sie",
            "Montag, 6. Mai 2030, 10:00 bis 10:30 Uhr (Zeit in Berlin)",
            "Zu klären: Gebühren",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(bo["html"].as_str().unwrap().contains("Müllgebühren"));
        assert_eq!(
            bo["structure"],
            json!([
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "text/html",
                "text/calendar REQUEST",
                "application/ics"
            ])
        );
        let first = &bo["calendar"]["events"][0];
        assert_eq!(bo["calendar"]["method"], "REQUEST");
        assert_eq!(
            (&first["uid"], &first["summary"], &first["start"], &first["end"]),
            (
                &planned_event["id"],
                &json!(title),
                &json!("2030-05-06T08:00:00.000Z"),
                &json!("2030-05-06T08:30:00.000Z")
            )
        );
        assert_eq!(first["organizer"], "mailto:anna@example.org");
        let attendee = json!([{"address": "mailto:bo@example.org", "name": "Bo Berg", "status": "NEEDS-ACTION"}]);
        assert_eq!(first["attendees"], attendee);
        assert!(bo["calendar"]["longest"].as_u64().unwrap() <= 75);

        // Who has no account gets a link of their own, which works, and which the meeting shows to nobody else.
        let room = planned_event["room"]["id"].as_str().unwrap();
        let start = format!("{ORIGIN}/room/{room}?invite=");
        let text = citizen["text"].as_str().unwrap();
        let link = text.lines().find(|line| line.starts_with(&start)).expect("a link");
        let code = parameter(link, "invite");
        let verified = stage.post("/v1/invite/verify", "", json!({"invite_code": code})).await;
        assert_eq!(verified.json()["room_id"], room);
        let invitation = json!({"answer": "pending", "organiser": "Änne Müßig", "is_all_day": false, "is_series": false,
            "starts_at": planned_event["starts_at"], "ends_at": planned_event["ends_at"]});
        assert_eq!(verified.json()["invitation"], invitation);
        assert!(!bo["text"].as_str().unwrap().contains("invite="));
        let (id, now) = (RoomId(room.parse().unwrap()), millis(clock::now()));
        let shown = crate::rooms::invites::store::newest(&stage.app.db, TENANT, id, now).await;
        assert!(shown.unwrap().is_none());
        let guest = InviteCode(code.parse().unwrap());
        let from = ([127, 0, 0, 1].into(), stage.app.registry.device("a device of Bo's own"));
        let entered = stage
            .app
            .entrance
            .admission(id, &Asker::Guest(guest), Some(guest), None, from)
            .await;
        assert_eq!(entered.ok().unwrap().way, Way::Guest(guest));

        // By that link they answer; whoever invites sees it, and so does their calendar.
        let answer = async |code: &str, word: &str| {
            let body = json!({"invite_code": code, "answer": word});
            stage.ask(Method::PUT, "/v1/invite/answer", "", Some(body)).await.status
        };
        assert_eq!(answer(&code, "perhaps").await, StatusCode::BAD_REQUEST);
        assert_eq!(answer(&code, "declined").await, StatusCode::NO_CONTENT);
        assert_eq!(answer(&code, "accepted").await, StatusCode::NO_CONTENT);
        let links = format!("/v1/rooms/{room}/invites");
        assert_eq!(
            stage.get(&links, &anna).await.json(),
            json!([]),
            "a personal link is not for everybody"
        );
        let open = stage.post(&links, &anna, json!({})).await.json();
        let open = open["invite_code"].as_str().unwrap();
        assert_eq!(answer(open, "accepted").await, StatusCode::NOT_FOUND);
        let verified = stage.post("/v1/invite/verify", "", json!({"invite_code": open})).await;
        assert!(verified.json().get("invitation").is_none());
        let invitees = stage.get(&format!("{path}/invites"), &anna).await.json();
        let status = |email: &str| {
            let of = |one: &&Value| one["profile"]["email"] == email;
            invitees.as_array().unwrap().iter().find(of).unwrap()["status"].clone()
        };
        assert_eq!(
            (status("citizen@example.com"), status("bo@example.org")),
            (json!("accepted"), json!("pending"))
        );

        let change = json!({"starts_at": {"datetime": "2030-05-07T06:00:00Z", "timezone": "Europe/Berlin"},
            "ends_at": {"datetime": "2030-05-07T07:00:00Z", "timezone": "Europe/Berlin"}});
        let reply = stage.ask(Method::PATCH, &path, &anna, Some(change)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert_eq!(run(&stage).await, 2);
        let [changed, changed_citizen] = smtp.mails().await;
        let second = &changed["calendar"]["events"][0];
        assert!(changed["subject"].as_str().unwrap().starts_with("Geändert: "));
        assert_eq!(
            (&second["uid"], &second["start"]),
            (&first["uid"], &json!("2030-05-07T06:00:00.000Z"))
        );
        let sequence = |event: &Value| event["sequence"].as_i64().unwrap();
        assert!(sequence(second) > sequence(first));
        assert!(changed_citizen["text"].as_str().unwrap().contains(link));
        let attendee = &changed_citizen["calendar"]["events"][0]["attendees"][0];
        assert_eq!(attendee["status"], "ACCEPTED");
        assert_ne!(changed["messageId"], bo["messageId"]);

        let reply = stage.ask(Method::DELETE, &path, &anna, None).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
        assert_eq!(run(&stage).await, 2);
        let [cancelled, _] = smtp.mails().await;
        let third = &cancelled["calendar"]["events"][0];
        assert_eq!(cancelled["calendar"]["method"], "CANCEL");
        assert_eq!((&third["uid"], &third["status"]), (&first["uid"], &json!("CANCELLED")));
        assert!(sequence(third) > sequence(second));
        assert!(cancelled["subject"].as_str().unwrap().starts_with("Abgesagt: "));
        assert_eq!(
            cancelled["structure"][4], "text/calendar CANCEL",
            "{}",
            cancelled["structure"]
        );
        smtp.nothing_more();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_with_a_cancelled_and_a_moved_date_reads_the_same_in_a_foreign_calendar() {
    for database in [Database::Sqlite, Database::Postgres] {
        let mut smtp = Smtp::plain();
        let stage = smtp.stage(database).await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        // Mondays at 10:00 in Berlin, over the end of summer time.
        let mut body = planned("Rat", 8);
        for (field, time) in [("starts_at", "08:00"), ("ends_at", "08:30")] {
            body[field]["datetime"] = format!("2030-10-07T{time}:00Z").into();
        }
        body["recurrence_pattern"] = json!(["RRULE:FREQ=WEEKLY;BYDAY=MO"]);
        let series = event(&stage, &anna, body).await;
        invite(&stage, &anna, &series, "citizen@example.com").await;
        run(&stage).await;
        let first = smtp.next().await;
        let starts = |mail: &Value| -> Vec<(String, String)> {
            let dates = mail["calendar"]["events"][0]["dates"].as_array().unwrap().iter();
            let text = |date: &Value, field: &str| date[field].as_str().unwrap().to_owned();
            dates
                .map(|date| (text(date, "start"), text(date, "title")))
                .take(5)
                .collect()
        };
        let date = |start: &str, title: &str| (format!("2030-{start}:00.000Z"), title.to_owned());
        let expected = [
            "10-07T08:00",
            "10-14T08:00",
            "10-21T08:00",
            "10-28T09:00",
            "11-04T09:00",
        ];
        assert_eq!(starts(&first), expected.map(|start| date(start, "Rat")));
        assert!(first["text"].as_str().unwrap().contains("Serie: wöchentlich"));
        let path = format!("/v1/events/{}/instances", series["id"].as_str().unwrap());
        let moved = json!({"title": "Sondersitzung",
            "starts_at": {"datetime": "2030-10-22T12:00:00Z", "timezone": "Europe/Berlin"},
            "ends_at": {"datetime": "2030-10-22T13:00:00Z", "timezone": "Europe/Berlin"}});
        let mut last = first;
        for (instance, change) in [
            ("20301014T080000Z", json!({"status": "cancelled"})),
            ("20301021T080000Z", moved),
        ] {
            let reply = stage
                .ask(Method::PATCH, &format!("{path}/{instance}"), &anna, Some(change))
                .await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
            run(&stage).await;
            let next = smtp.next().await;
            let entry = |mail: &Value| mail["calendar"]["events"][0].clone();
            assert_eq!(entry(&next)["uid"], entry(&last)["uid"]);
            assert!(entry(&next)["sequence"].as_i64() > entry(&last)["sequence"].as_i64());
            last = next;
        }
        assert_eq!(last["calendar"]["exceptions"], 1);
        let text = last["text"].as_str().unwrap();
        for said in [
            "Entfällt: Montag, 14. Oktober 2030\n",
            "Montag, 21. Oktober 2030 wird verlegt auf Dienstag, 22. Oktober 2030, 14:00 bis 15:00 Uhr: Sondersitzung\n",
        ] {
            assert!(text.contains(said), "{text}");
        }
        // What changes nothing for anybody is told nobody; an end of the series is.
        let path = format!("/v1/events/{}", series["id"].as_str().unwrap());
        for same in [json!({"title": "Rat"}), json!({"waiting_room": true})] {
            let reply = stage.ask(Method::PATCH, &path, &anna, Some(same)).await;
            assert_eq!(reply.status, StatusCode::OK);
        }
        run(&stage).await;
        smtp.nothing_more();
        let ending = json!({"recurrence_pattern": ["RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4"]});
        assert_eq!(
            stage.ask(Method::PATCH, &path, &anna, Some(ending)).await.status,
            StatusCode::OK
        );
        run(&stage).await;
        let ending = smtp.next().await;
        let text = ending["text"].as_str().unwrap();
        assert!(
            text.contains("wöchentlich, zuletzt am Montag, 28. Oktober 2030"),
            "{text}"
        );
        let body = json!({"email": "citizen@example.com"});
        let reply = stage
            .ask(Method::DELETE, &format!("{path}/invites/email"), &anna, Some(body))
            .await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
        run(&stage).await;
        let farewell = smtp.next().await;
        let number = |mail: &Value| mail["calendar"]["events"][0]["sequence"].as_i64();
        assert_eq!(farewell["calendar"]["method"], "CANCEL");
        assert!(number(&farewell) > number(&ending));
        assert_eq!(
            starts(&last),
            [
                date("10-07T08:00", "Rat"),
                date("10-22T12:00", "Sondersitzung"),
                date("10-28T09:00", "Rat"),
                date("11-04T09:00", "Rat"),
                date("11-11T09:00", "Rat"),
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_mails_in_their_language_and_hear_that_they_are_not_invited_any_more() {
    for database in [Database::Sqlite, Database::Postgres] {
        let mut smtp = Smtp::plain();
        let stage = smtp.stage(database).await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let language = json!({"language": "en"});
        let me = stage
            .ask(Method::PATCH, "/v1/users/me", &bo, Some(language))
            .await
            .json();
        let planned_event = event(&stage, &anna, planned("Budget", 8)).await;
        invite(&stage, &anna, &planned_event, "bo@example.org").await;
        run(&stage).await;
        let [mail] = smtp.mails().await;
        assert_eq!(mail["subject"], "Invitation: Budget");
        assert!(
            mail["text"]
                .as_str()
                .unwrap()
                .contains("Monday, 6 May 2030, 10:00 to 10:30")
        );
        let path = format!(
            "/v1/events/{}/invites/{}",
            planned_event["id"].as_str().unwrap(),
            me["id"].as_str().unwrap()
        );
        let reply = stage.ask(Method::DELETE, &path, &anna, None).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
        run(&stage).await;
        let [mail] = smtp.mails().await;
        assert_eq!(mail["subject"], "No longer invited: Budget");
        assert_eq!(mail["calendar"]["method"], "CANCEL");
        assert!(!mail["text"].as_str().unwrap().contains("/room/"));
        // Invited again and taken back before the mail leaves: nobody hears of it twice.
        invite(&stage, &anna, &planned_event, "bo@example.org").await;
        stage
            .ask(
                Method::DELETE,
                &format!("{path}?suppress_email_notification=true"),
                &anna,
                None,
            )
            .await;
        run(&stage).await;
        smtp.nothing_more();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_s_link_ends_with_their_invitation() {
    for database in [Database::Sqlite, Database::Postgres] {
        let mut smtp = Smtp::plain();
        let stage = smtp.stage(database).await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let planned_event = event(&stage, &anna, planned("Budget", 8)).await;
        invite(&stage, &anna, &planned_event, "citizen@example.com").await;
        run(&stage).await;
        let [mail] = smtp.mails().await;
        let text = mail["text"].as_str().unwrap();
        let link = text.lines().find(|line| line.contains("?invite=")).unwrap();
        let verify = json!({"invite_code": parameter(link, "invite")});
        assert_eq!(
            stage.post("/v1/invite/verify", "", verify.clone()).await.status,
            StatusCode::OK
        );
        let id = EventId(planned_event["id"].as_str().unwrap().parse().unwrap());
        let to = Receiver::Email("citizen@example.com".into());
        let uninvite = async |change: &mut Change| stage.app.mail.uninvited(change, id, to, false).await;
        stage.store(TENANT, uninvite).await.unwrap();
        assert_eq!(
            stage.post("/v1/invite/verify", "", verify).await.status,
            StatusCode::NOT_FOUND
        );
        run(&stage).await;
        let [mail] = smtp.mails().await;
        assert_eq!(mail["subject"], "Ausgeladen: Budget");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_down_is_asked_again_and_the_administrator_sees_it() {
    for database in [Database::Sqlite, Database::Postgres] {
        let gone = Smtp::plain();
        let stage = gone.stage(database).await;
        let port = gone.port.to_string();
        drop(gone);
        let ada = stage.administrator("ada@example.org").await;
        stage.add("bo@example.org", "Bo Berg").await;
        let planned_event = event(&stage, &ada, planned("Budget", 8)).await;
        invite(&stage, &ada, &planned_event, "bo@example.org").await;
        let now = clock::now();
        run(&stage).await;
        let jobs = mail_jobs(&stage, &ada).await;
        assert_eq!(jobs.len(), 1);
        assert_eq!((&jobs[0]["state"], &jobs[0]["attempts"]), (&json!("queued"), &json!(1)));
        assert!(
            jobs[0]["last_error"].as_str().unwrap().contains("The mail server: "),
            "{}",
            jobs[0]
        );
        let mut smtp = Smtp::start(&[&port, "plain"]);
        run_at(&stage, now + SignedDuration::from_mins(5)).await;
        assert_eq!(smtp.next().await["subject"], "Einladung: Budget");
        assert!(mail_jobs(&stage, &ada).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_does_not_exist_is_given_up_and_shown_and_others_get_their_mail() {
    for database in [Database::Sqlite, Database::Postgres] {
        let mut smtp = Smtp::plain();
        let stage = smtp.stage(database).await;
        let ada = stage.administrator("ada@example.org").await;
        let planned_event = event(&stage, &ada, planned("Budget", 8)).await;
        for email in ["refused@example.com", "later@example.com", "citizen@example.com"] {
            invite(&stage, &ada, &planned_event, email).await;
        }
        run(&stage).await;
        assert_eq!(smtp.next().await["to"], json!(["citizen@example.com"]));
        let mut jobs = mail_jobs(&stage, &ada).await;
        jobs.sort_by_key(|job| job["state"].as_str().unwrap().to_owned());
        let told = |job: &Value| (job["state"].clone(), job["last_error"].as_str().unwrap().to_owned());
        let (state, error) = told(&jobs[0]);
        assert!(
            state == "failed" && error.contains("550") && error.contains("no such mailbox"),
            "{error}"
        );
        let (state, error) = told(&jobs[1]);
        assert!(state == "queued" && error.contains("come back later"), "{error}");
        assert_eq!(jobs.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_go_encrypted_with_a_password_or_not_at_all() {
    let folder = std::env::temp_dir().join(format!("konvent-smtp-{}", clock::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, certified.cert.pem()).unwrap();
    std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
    let files = [certificate.to_str().unwrap(), key.to_str().unwrap()];
    for mode in ["starttls", "tls"] {
        let mut smtp = Smtp::start(&["0", mode, files[0], files[1], "konvent", "p@ss:word/ö"]);
        let url = format!("smtp://konvent:p%40ss%3Aword%2F%C3%B6@localhost:{}", smtp.port);
        let settings = [("KONVENT_MAIL_URL", url.as_str()), ("KONVENT_MAIL_TLS", mode)];
        let trusting = [&settings[..], &[("KONVENT_MAIL_CA_FILE", files[0])]].concat();
        for (settings, is_sent) in [(trusting, true), (settings.to_vec(), false)] {
            let stage = stage(Database::Sqlite, &settings).await;
            let ada = stage.administrator("ada@example.org").await;
            let planned_event = event(&stage, &ada, planned("Budget", 8)).await;
            invite(&stage, &ada, &planned_event, "citizen@example.com").await;
            run(&stage).await;
            let jobs = mail_jobs(&stage, &ada).await;
            if is_sent {
                assert!(jobs.is_empty(), "{jobs:?}");
                let mail = smtp.next().await;
                assert_eq!((&mail["secure"], &mail["user"]), (&json!(true), &json!("konvent")));
            } else {
                // The certificate is nobody's whom we know.
                assert_eq!(jobs[0]["state"], "queued");
                smtp.nothing_more();
            }
        }
    }
    // A server that does not offer STARTTLS gets nothing.
    let mut smtp = Smtp::plain();
    let url = format!("smtp://127.0.0.1:{}", smtp.port);
    let stage = stage(Database::Sqlite, &[("KONVENT_MAIL_URL", &url)]).await;
    let ada = stage.administrator("ada@example.org").await;
    let planned_event = event(&stage, &ada, planned("Budget", 8)).await;
    invite(&stage, &ada, &planned_event, "citizen@example.com").await;
    run(&stage).await;
    assert_eq!(mail_jobs(&stage, &ada).await[0]["state"], "queued");
    smtp.nothing_more();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_or_when_asked_not_to_nothing_is_queued() {
    let smtp = Smtp::plain();
    for (stage, is_on) in [
        (Stage::open(Database::Sqlite, &[]).await, false),
        (smtp.stage(Database::Postgres).await, true),
    ] {
        let ada = stage.administrator("ada@example.org").await;
        let status = stage.get("/v1/admin/mail", &ada).await.json();
        assert_eq!(status["is_configured"], is_on);
        let planned_event = event(&stage, &ada, planned("Budget", 8)).await;
        let path = format!("/v1/events/{}", planned_event["id"].as_str().unwrap());
        let quiet = if is_on { "?suppress_email_notification=true" } else { "" };
        let guest = json!({"email": "citizen@example.com"});
        let reply = stage.post(&format!("{path}/invites{quiet}"), &ada, guest).await;
        assert_eq!(reply.status, StatusCode::CREATED);
        let title = Some(json!({"title": "Other"}));
        let changed = stage.ask(Method::PATCH, &format!("{path}{quiet}"), &ada, title).await;
        assert_eq!(changed.status, StatusCode::OK);
        let deleted = stage.ask(Method::DELETE, &format!("{path}{quiet}"), &ada, None).await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT);
        assert!(mail_jobs(&stage, &ada).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn account_mails_carry_their_link_until_it_runs_out() {
    let mut smtp = Smtp::plain();
    let stage = smtp.stage(Database::Sqlite).await;
    let ada = stage.administrator("ada@example.org").await;
    let id = stage.get("/v1/users/me", &ada).await.json()["id"].clone();
    let id = crate::ids::UserId(id.as_str().unwrap().parse().unwrap());
    let app = &stage.app;
    let soon = clock::now() + SignedDuration::from_hours(1);
    app.mail
        .password_reset(TENANT, id, "/reset?token=s3cret".into(), soon)
        .await
        .ok()
        .unwrap();
    let new = Receiver::Email("new@example.org".into());
    let job = app.mail.account_invitation(new, "/welcome?token=t0ken", soon);
    crate::queue::add(&app.db, TENANT, &[job.unwrap()]).await.unwrap();
    let job = app
        .mail
        .account_invitation(Receiver::User(id), "/welcome?token=late", clock::now());
    crate::queue::add(&app.db, TENANT, &[job.unwrap()]).await.unwrap();
    run(&stage).await;
    let [reset, welcome] = smtp.mails().await;
    assert_eq!(reset["subject"], "Neues Passwort für Konvent");
    assert!(
        reset["text"]
            .as_str()
            .unwrap()
            .contains(&format!("\n{ORIGIN}/reset?token=s3cret\n"))
    );
    assert_eq!(reset["calendar"], Value::Null);
    assert_eq!(
        (&welcome["to"][0], &welcome["subject"]),
        (&json!("new@example.org"), &json!("Ihr Konto bei Konvent"))
    );
    let jobs = mail_jobs(&stage, &ada).await;
    assert_eq!((jobs.len(), &jobs[0]["state"]), (1, &json!("failed")));
    smtp.nothing_more();
}

thread_local! {
    /// What is logged on this thread.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// One thread, so that all is logged where the log is watched.
#[tokio::test]
async fn no_name_address_or_subject_is_logged_whatever_becomes_of_a_mail() {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("info,konvent_server=trace")
        .with_ansi(false)
        .with_writer(|| Log)
        .finish();
    // For the whole test program: whether a place logs at all is remembered across threads.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let smtp = Smtp::plain();
    let stage = smtp.stage(Database::Sqlite).await;
    let ada = stage.administrator("ada@example.org").await;
    stage.add("canary.address@example.org", "Canary Name").await;
    let planned_event = event(&stage, &ada, planned("Canary Subject", 8)).await;
    for email in [
        "canary.address@example.org",
        "refused.canary@example.com",
        "later.canary@example.com",
    ] {
        invite(&stage, &ada, &planned_event, email).await;
    }
    run(&stage).await;
    drop(smtp);
    let path = format!("/v1/events/{}", planned_event["id"].as_str().unwrap());
    stage.ask(Method::DELETE, &path, &ada, None).await;
    run(&stage).await;
    let text = String::from_utf8(LOG.take()).unwrap();
    assert!(
        text.contains("a job has failed") && text.contains("is tried again later"),
        "{text}"
    );
    for canary in ["canary", "Canary", "ada@", "Ada Admin"] {
        let found: Vec<&str> = text.lines().filter(|line| line.contains(canary)).collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

async fn calendar(stage: &Stage, url: &str, known: &str) -> Reply {
    let mut request = Request::get(url.strip_prefix(ORIGIN).unwrap()).header(header::HOST, "localhost:8080");
    if !known.is_empty() {
        request = request.header(header::IF_NONE_MATCH, known);
    }
    stage.send(request.body(axum::body::Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_address_shows_one_s_own_calendar_until_it_is_renewed_or_taken_away() {
    let mut foreign = Smtp::start(&["0", "parse"]);
    for database in [Database::Sqlite, Database::Postgres] {
        let stage = Stage::open(database, &[]).await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let feed = "/v1/users/me/calendar_feed";
        assert_eq!(stage.get(feed, &bo).await.status, StatusCode::NOT_FOUND);
        let made = stage.ask(Method::POST, feed, &bo, None).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let url = made.json()["url"].as_str().unwrap().to_owned();
        assert_eq!(
            stage.get(feed, &bo).await.json()["created_at"],
            made.json()["created_at"]
        );
        let empty = foreign.parsed(&calendar(&stage, &url, "").await.text).await;
        assert_eq!((&empty["events"], &empty["method"]), (&json!([]), &json!("PUBLISH")));
        let invited = event(&stage, &anna, planned("Haushalt, groß", 8)).await;
        event(&stage, &anna, planned("Nicht für Bo", 9)).await;
        invite(&stage, &anna, &invited, "bo@example.org").await;
        let reply = calendar(&stage, &url, "").await;
        assert_eq!(reply.header(header::CONTENT_TYPE), "text/calendar; charset=utf-8");
        let shown = foreign.parsed(&reply.text).await;
        assert_eq!(shown["events"].as_array().unwrap().len(), 1);
        let entry = &shown["events"][0];
        assert_eq!(
            (&entry["uid"], &entry["summary"]),
            (&invited["id"], &json!("Haushalt, groß"))
        );
        let tag = reply.header(header::ETAG).to_owned();
        let unchanged = calendar(&stage, &url, &tag).await;
        assert_eq!(
            (unchanged.status, unchanged.text.as_str()),
            (StatusCode::NOT_MODIFIED, "")
        );
        let path = format!("/v1/events/{}", invited["id"].as_str().unwrap());
        stage
            .ask(Method::PATCH, &path, &anna, Some(json!({"title": "Other"})))
            .await;
        let changed = calendar(&stage, &url, &tag).await;
        assert_eq!(changed.status, StatusCode::OK);
        assert_ne!(changed.header(header::ETAG), tag);
        // What Bo declines is in Bo's calendar no more.
        stage.ask(Method::DELETE, &format!("{path}/invite"), &bo, None).await;
        assert_eq!(
            foreign.parsed(&calendar(&stage, &url, "").await.text).await["events"],
            json!([])
        );
        let renewed = stage.ask(Method::POST, feed, &bo, None).await.json();
        let renewed = renewed["url"].as_str().unwrap();
        assert_eq!(calendar(&stage, &url, "").await.status, StatusCode::NOT_FOUND);
        assert_eq!(calendar(&stage, renewed, "").await.status, StatusCode::OK);
        assert_eq!(
            stage.ask(Method::DELETE, feed, &bo, None).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            stage.ask(Method::DELETE, feed, &bo, None).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(calendar(&stage, renewed, "").await.status, StatusCode::NOT_FOUND);
        let rubbish = calendar(&stage, &format!("{ORIGIN}/v1/calendar/rubbish"), "").await;
        assert_eq!(rubbish.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_foreign_calendar_repeats_a_meeting_at_the_same_local_time_in_every_zone() {
    let mut foreign = Smtp::start(&["0", "parse"]);
    for name in [
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",
        "Africa/Casablanca",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Europe/Dublin",
        "UTC",
    ] {
        let zone = jiff::tz::TimeZone::get(name).unwrap();
        // Every 45 days at 10:00: over changes of the clock in both halves of the earth.
        let first = jiff::civil::date(2029, 9, 3)
            .at(10, 0, 0, 0)
            .to_zoned_datetime(zone)
            .unwrap();
        let starts_at = millis(first.timestamp());
        let meeting = Meeting {
            event: clock::id(),
            room: clock::token(),
            sequence: 0,
            changed_at: starts_at,
            title: "Budget".into(),
            description: String::new(),
            organiser: Person {
                name: "Anna".into(),
                email: "anna@example.org".into(),
            },
            has_password: false,
            when: Some(When {
                span: Span {
                    starts_at,
                    ends_at: starts_at + 3_600_000,
                    is_all_day: false,
                },
                timezone: name.into(),
                rules: vec!["RRULE:FREQ=DAILY;INTERVAL=45;COUNT=20".into()],
                ends: String::new(),
                exceptions: Vec::new(),
            }),
        };
        let entry = ics::Entry {
            meeting: &meeting,
            link: "https://meet.example.org/room/1",
            attendee: None,
            stamp: clock::now(),
        };
        let read = foreign
            .parsed(&ics::calendar(ics::Method::Publish, None, &[entry], clock::now()))
            .await;
        for (index, date) in read["events"][0]["dates"].as_array().unwrap().iter().enumerate() {
            let expected = first.checked_add((45 * i64::try_from(index).unwrap()).days()).unwrap();
            let expected = expected.timestamp().strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
            assert_eq!(date["start"], expected, "{name} {index} {}", read["text"]);
        }
        assert_eq!(read["events"][0]["dates"].as_array().unwrap().len(), 8);
    }
}

/// A stage whose mails go to `smtp`, and one planned meeting.
async fn meeting(smtp: &Smtp, more: &[(&str, &str)]) -> (Stage, String, String) {
    let url = format!("smtp://127.0.0.1:{}", smtp.port);
    let mut settings = vec![
        ("KONVENT_MAIL_URL", url.as_str()),
        ("KONVENT_MAIL_TLS", "none"),
        ("KONVENT_MAIL_FROM", FROM),
        ("KONVENT_HTTP_PUBLIC_URL", ORIGIN),
    ];
    settings.retain(|(name, _)| !more.iter().any(|(other, _)| name == other));
    settings.extend(more);
    let stage = Stage::open(Database::Sqlite, &settings).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let body = json!({"title": "=?utf-8?q?x?= Rat", "is_time_independent": true});
    let event = stage.post("/v1/events", &anna, body).await.json();
    let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
    (stage, anna, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_invited_as_it_was_meant_and_what_is_none_is_refused_by_field() {
    let mut smtp = Smtp::plain();
    let (stage, anna, event) = meeting(&smtp, &[]).await;
    let invites = format!("{event}/invites");
    for pasted in [
        "<guest@example.net>",
        "mailto:guest@example.net",
        "guest@example.net;",
        "Guest <GUEST@example.net>",
    ] {
        let reply = stage.post(&invites, &anna, json!({"email": pasted})).await;
        assert!(reply.status.is_success(), "{pasted}: {}", reply.text);
    }
    for wrong in [
        "guest",
        "a..b@example.net",
        "a@example..net",
        "a b@example.net",
        "a@b@example.net",
        "a@-b.example",
    ] {
        let reply = stage.post(&invites, &anna, json!({"email": wrong})).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert_eq!(reply.json()["validation_errors"][0]["field"], "email");
    }
    assert!(worker::run_due(&stage.app, clock::now()).await.unwrap() > 0);
    let mail = smtp.next().await;
    assert_eq!(mail["to"][0], "guest@example.net");
    smtp.nothing_more();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_or_name_that_looks_encoded_reaches_readers_as_it_was_written() {
    let mut smtp = Smtp::plain();
    let name = ("KONVENT_MAIL_FROM_NAME", "=?utf-8?q?Bank?=");
    let (stage, anna, event) = meeting(&smtp, &[name]).await;
    stage
        .post(
            &format!("{event}/invites"),
            &anna,
            json!({"email": "guest@example.net"}),
        )
        .await;
    worker::run_due(&stage.app, clock::now()).await.unwrap();
    let mail = smtp.next().await;
    let subject = mail["subject"].as_str().unwrap();
    assert!(subject.contains("=?utf-8?q?x?= Rat"), "{mail}");
    let from = mail["from"].to_string();
    assert!(from.contains("utf-8") && !from.contains("\"Bank\""), "{mail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_known_by_its_ip_address_greets_and_numbers_mails_with_an_address_literal() {
    for (url, literal) in [
        ("http://192.0.2.1:8080", "[192.0.2.1]"),
        ("http://[2001:db8::1]:8080", "[IPv6:2001:db8::1]"),
        ("http://meet.example.org", "meet.example.org"),
    ] {
        let mut smtp = Smtp::plain();
        let (stage, _, event) = meeting(&smtp, &[]).await;
        let mut settings = (*stage.app.config).clone();
        settings.http.public_url = url.into();
        let folder = std::env::temp_dir().join(format!("konvent-test-{}", clock::token()));
        std::fs::create_dir(&folder).unwrap();
        let other = Stage::on(settings, folder).await;
        let id = event.rsplit('/').next().unwrap().parse().unwrap();
        let meeting = crate::calendar::meeting(&stage.app.db, TENANT, EventId(id))
            .await
            .unwrap()
            .unwrap();
        let mail = mail::EventMail {
            to: Receiver::Email("guest@example.net".into()),
            about: mail::About::Uninvited(Box::new(meeting)),
        };
        other.app.mail.send_event_mail(TENANT, &mail).await.ok().unwrap();
        let mail = smtp.next().await;
        // The receiving server tells it in small letters.
        assert_eq!(mail["helo"], literal.to_lowercase());
        assert!(
            mail["messageId"].as_str().unwrap().ends_with(&format!("@{literal}>")),
            "{mail}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_invites_as_many_from_outside_as_the_setting_says_and_is_told_when_again() {
    let smtp = Smtp::plain();
    let (stage, anna, event) = meeting(&smtp, &[("KONVENT_MAIL_GUEST_MAILS_PER_HOUR", "3")]).await;
    let bo = stage.person("bo@example.org", "Bo Berg").await;
    let invites = format!("{event}/invites");
    for guest in 0..3 {
        let body = json!({"email": format!("guest{guest}@example.net")});
        assert_eq!(stage.post(&invites, &anna, body).await.status, StatusCode::CREATED);
    }
    let refused = stage.post(&invites, &anna, json!({"email": "more@example.net"})).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json()["code"], "too_many_mails");
    assert!(refused.header(header::RETRY_AFTER).parse::<i64>().unwrap() > 0);
    let renamed = stage
        .ask(Method::PATCH, &event, &anna, Some(json!({"title": "Other"})))
        .await;
    assert_eq!(renamed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_ne!(stage.get(&event, &anna).await.json()["title"], "Other");
    // Colleagues are not outside, and others have their own allowance.
    let colleague = stage.post(&invites, &anna, json!({"email": "bo@example.org"})).await;
    assert_eq!(colleague.status, StatusCode::CREATED);
    let body = json!({"title": "Rat", "is_time_independent": true});
    let other = stage.post("/v1/events", &bo, body).await.json();
    let invites = format!("/v1/events/{}/invites", other["id"].as_str().unwrap());
    assert_eq!(
        stage
            .post(&invites, &bo, json!({"email": "more@example.net"}))
            .await
            .status,
        StatusCode::CREATED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_plans_a_meeting_is_told_whom_no_mail_reached() {
    let smtp = Smtp::plain();
    let (stage, anna, event) = meeting(&smtp, &[]).await;
    let bo = stage.person("refused-bo@example.org", "Bo Berg").await;
    for email in ["refused@example.net", "guest@example.net", "refused-bo@example.org"] {
        stage
            .post(&format!("{event}/invites"), &anna, json!({"email": email}))
            .await;
    }
    let undelivered = format!("{event}/undelivered_mails");
    assert_eq!(stage.get(&undelivered, &anna).await.json(), json!([]));
    worker::run_due(&stage.app, clock::now()).await.unwrap();
    assert_eq!(
        stage.get(&undelivered, &anna).await.json(),
        json!([
            {"display_name": "Bo Berg", "email": "refused-bo@example.org", "reason": "refused"},
            {"display_name": null, "email": "refused@example.net", "reason": "refused"},
        ])
    );
    assert_eq!(stage.get(&undelivered, &bo).await.status, StatusCode::FORBIDDEN);
    let body = Some(json!({"email": "refused@example.net"}));
    stage
        .ask(Method::DELETE, &format!("{event}/invites/email"), &anna, body)
        .await;
    let left = stage.get(&undelivered, &anna).await.json();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_new_password_takes_the_same_way_whether_there_is_an_account_or_not() {
    let smtp = Smtp::plain();
    let (stage, ..) = meeting(&smtp, &[]).await;
    let queued = async || {
        let jobs = crate::queue::store::list(
            &stage.app.db,
            TENANT,
            "queued",
            crate::ids::JobId(uuid::Uuid::nil()),
            100,
        );
        let jobs = jobs.await.unwrap();
        jobs.into_iter().filter(|job| job.kind == "password_forgotten").count()
    };
    for (count, email) in ["anna@example.org", "nobody@example.org"].into_iter().enumerate() {
        let reply = stage
            .post("/identity/account/forgotten", "", json!({"email": email}))
            .await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
        assert_eq!(queued().await, count + 1);
    }
    const SQL: &str = "SELECT payload FROM jobs";
    let kept: Vec<(String,)> =
        crate::db::on!(&stage.app.db, pool => sqlx::query_as(SQL).fetch_all(pool).await).unwrap();
    assert!(
        kept.iter().all(|(payload,)| !payload.contains("nobody@")),
        "what a stranger typed is kept where administrators read it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_an_account_leaves_the_mails_to_similar_addresses() {
    let smtp = Smtp::plain();
    let (stage, anna, event) = meeting(&smtp, &[]).await;
    for email in ["joann@example.net", "ann@example.net"] {
        stage
            .post(&format!("{event}/invites"), &anna, json!({"email": email}))
            .await;
    }
    let left = async || {
        let jobs = crate::queue::store::list(
            &stage.app.db,
            TENANT,
            "queued",
            crate::ids::JobId(uuid::Uuid::nil()),
            100,
        );
        let jobs = jobs.await.unwrap();
        jobs.into_iter().filter(|job| job.kind == "event_mail").count()
    };
    assert_eq!(left().await, 2);
    for (email, expected) in [("%@%", 2), ("_nn@example.net", 2), ("ann@example.net", 1)] {
        let user = crate::users::User {
            email: email.into(),
            ..somebody(&stage, email).await
        };
        crate::privacy::http::erase(&stage.app, &user, crate::audit::Actor::Operator)
            .await
            .unwrap();
        assert_eq!(left().await, expected, "{email}");
    }
}

/// An account to delete.
async fn somebody(stage: &Stage, seed: &str) -> crate::users::User {
    let email = format!("somebody{}@example.org", seed.len());
    stage.add(&email, "Some Body").await;
    crate::users::store::by_email(&stage.app.db, TENANT, &email)
        .await
        .unwrap()
        .unwrap()
}
