// SPDX-License-Identifier: EUPL-1.2
//! Who gets which answer of the recorder of meetings. In each test one thread does everything, so that what is asked for
//! before it is waited is written together.

use std::sync::Arc;

use futures_util::future::join_all;
use konvent_meeting::{Act, Deed, Effect, ParticipantId, RoomId};
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

use super::storage::{set, sqlite};
use super::{Database, Stage, on, on_both};
use crate::clock;
use crate::db::Db;
use crate::ids::TenantId;
use crate::signaling::recorder::{Batch, Line, NotWritten, Recorder, Written};
use crate::signaling::store::{Header, Page};

/// A room of its own.
async fn room(stage: &Stage, anna: &str) -> RoomId {
    let event = json!({"title": "Budget", "is_time_independent": true});
    let event = stage.post("/v1/events", anna, event).await.json();
    RoomId(event["room"]["id"].as_str().unwrap().parse().unwrap())
}

fn begins(id: Uuid) -> Line {
    Line::Begins(Header {
        id,
        began_at: 0,
        version: 1,
        origin: String::new(),
        parameters: "{}".into(),
    })
}

fn page(journal: Uuid, number: i64, lines: &str) -> Line {
    Line::Page(Page {
        journal,
        number,
        lines: lines.into(),
    })
}

fn batch(room: RoomId, lines: Vec<Line>) -> Batch {
    Batch {
        tenant: TenantId::DEFAULT,
        room,
        lines: Arc::new(lines),
    }
}

async fn write(recorder: &Recorder, room: RoomId, lines: Vec<Line>) -> Written {
    recorder.write(batch(room, lines)).await.unwrap()
}

async fn journals(db: &Db) -> Vec<Uuid> {
    const SQL: &str = "SELECT id FROM journals";
    let rows: Vec<(String,)> = on!(db, pool => sqlx::query_as(SQL).fetch_all(pool).await).unwrap();
    rows.into_iter().map(|(id,)| id.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_page_written_twice_is_written_and_another_one_in_its_place_or_of_no_journal_is_not() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let room = room(&stage, &anna).await;
        let recorder = Recorder::start(stage.app.db.clone());
        let id = clock::id();
        let first = || vec![begins(id), page(id, 0, "one")];
        assert_eq!(write(&recorder, room, first()).await, Ok(()));
        assert_eq!(write(&recorder, room, first()).await, Ok(()), "its answer was lost");
        let is_lost = |written: Written| matches!(written, Err(NotWritten::Lost(_)));
        assert!(is_lost(write(&recorder, room, vec![page(id, 0, "other")]).await));
        assert!(is_lost(write(&recorder, room, vec![page(clock::id(), 0, "one")]).await));
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_journal_is_tried_until_it_is_written_and_nobody_plays_it_meanwhile() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let room = room(&stage, &anna).await;
    let recorder = Recorder::start(stage.app.db.clone());
    let id = clock::id();
    assert_eq!(write(&recorder, room, vec![begins(id)]).await, Ok(()));
    let pool = sqlite(&stage);
    let held = "CREATE TRIGGER held BEFORE DELETE ON journals BEGIN SELECT RAISE(ABORT, 'held'); END";
    pool.execute(held).await.unwrap();
    assert!(!recorder.is_over(id));
    let ends = recorder.end(TenantId::DEFAULT, room, id).unwrap();
    assert!(recorder.is_over(id));
    assert!(write(&recorder, room, vec![Line::Over(id)]).await.is_err());
    assert_eq!(journals(&stage.app.db).await, [id]);
    pool.execute("DROP TRIGGER held").await.unwrap();
    ends.await.unwrap();
    assert!(journals(&stage.app.db).await.is_empty());
}

#[tokio::test]
async fn who_is_at_fault_is_refused_alone_and_the_others_are_written() {
    let stage = Stage::open(Database::Postgres, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let Db::Postgres(pool) = &stage.app.db else { panic!() };
    let gives_way = "CREATE FUNCTION gives_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        IF NEW.lines IN ('40P01', '40001') THEN RAISE EXCEPTION USING ERRCODE = NEW.lines; END IF; RETURN NEW; END $$; \
        CREATE TRIGGER gives_way BEFORE INSERT ON journal_pages FOR EACH ROW EXECUTE FUNCTION gives_way()";
    pool.execute(gives_way).await.unwrap();
    let recorder = Recorder::start(stage.app.db.clone());
    for fault in ["40P01", "40001", "a character that PostgreSQL has no room for: \0"] {
        let mut answers = Vec::new();
        let mut expected = Vec::new();
        for lines in ["one", fault, "two"] {
            let room = room(&stage, &anna).await;
            let id = clock::id();
            answers.push((room, vec![begins(id), page(id, 0, lines)]));
            expected.extend((lines != fault).then_some(id));
        }
        let answers = answers
            .into_iter()
            .map(|(room, lines)| recorder.write(batch(room, lines)));
        let answers: Vec<_> = answers.collect();
        let answers = join_all(answers).await;
        let written: Vec<bool> = answers.into_iter().map(|answer| answer.unwrap().is_ok()).collect();
        assert_eq!(written, [true, false, true], "{fault}");
        let there = journals(&stage.app.db).await;
        assert!(expected.iter().all(|id| there.contains(id)), "{fault}");
    }
}

#[tokio::test]
async fn what_is_answered_as_written_is_there_also_where_the_disk_was_full_in_between() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let mut rooms = Vec::new();
    for _ in 0..4 {
        rooms.push(room(&stage, &anna).await);
    }
    let pool = sqlite(&stage);
    let (pages,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(pool).await.unwrap();
    set(pool, "max_page_count", (pages + 100).to_string()).await;
    let recorder = Recorder::start(stage.app.db.clone());
    let ids: Vec<Uuid> = (0..4).map(|_| clock::id()).collect();
    let large = "x".repeat(2_000_000);
    let lines = [
        vec![begins(ids[0])],
        // Of no journal, so that each is written by itself.
        vec![page(clock::id(), 0, "one")],
        vec![begins(ids[2]), page(ids[2], 0, &large)],
        vec![begins(ids[3])],
    ];
    let orders = rooms
        .iter()
        .zip(lines)
        .map(|(room, lines)| recorder.write(batch(*room, lines)));
    let orders: Vec<_> = orders.collect();
    let answers: Vec<Written> = join_all(orders).await.into_iter().map(Result::unwrap).collect();
    assert!(matches!(
        answers[..],
        [Ok(()), Err(NotWritten::Lost(_)), Err(NotWritten::ForNow(_)), _]
    ));
    let there = journals(&stage.app.db).await;
    for (id, answer) in ids.iter().zip(&answers) {
        assert_eq!(there.contains(id), answer.is_ok());
    }
    // And there is room again, for a smaller one.
    assert_eq!(write(&recorder, rooms[3], vec![begins(ids[3])]).await, Ok(()));
    assert!(journals(&stage.app.db).await.contains(&ids[3]));
}

/// Takes as long as the recorder waits.
#[tokio::test]
async fn a_database_that_does_not_answer_is_waited_for_so_long_and_no_longer() {
    let stage = Stage::open(Database::Postgres, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let room = room(&stage, &anna).await;
    let recorder = Recorder::start(stage.app.db.clone());
    let mut other = PgConnection::connect(stage.app.config.database.url.expose())
        .await
        .unwrap();
    let mut held = other.begin().await.unwrap();
    held.execute("LOCK TABLE journals IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let id = clock::id();
    let written = write(&recorder, room, vec![begins(id)]).await;
    assert!(matches!(written, Err(NotWritten::ForNow(_))), "{written:?}");
    held.rollback().await.unwrap();
    assert_eq!(write(&recorder, room, vec![begins(id)]).await, Ok(()));
}

#[tokio::test]
async fn a_record_of_what_is_gone_stands_in_nobodys_way() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let room = room(&stage, &anna).await;
        let recorder = Recorder::start(stage.app.db.clone());
        let nobody = ParticipantId(clock::id());
        let deed = Deed {
            act: Act::Banned,
            targets: vec![nobody],
            value: None,
        };
        let lines = vec![
            Line::Record(Effect::RecordBan { participant: nobody }),
            Line::Record(Effect::Record { by: nobody, deed }),
        ];
        assert_eq!(write(&recorder, room, lines).await, Ok(()));
        let actions = super::actions(&stage.app.db).await;
        assert!(actions.contains(&"meeting.banned".to_owned()), "{actions:?}");
    })
    .await;
}

#[tokio::test]
async fn what_little_one_meeting_wants_written_does_not_wait_for_the_much_of_others() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let recorder = Recorder::start(stage.app.db.clone());
    let much = "x".repeat(1_500_000);
    let mut others = Vec::new();
    for _ in 0..8 {
        let id = clock::id();
        let lines = vec![begins(id), page(id, 0, &much)];
        others.push(batch(room(&stage, &anna).await, lines));
    }
    let little = batch(room(&stage, &anna).await, vec![begins(clock::id())]);
    let mut others: Vec<_> = others.into_iter().map(|batch| recorder.write(batch)).collect();
    assert_eq!(recorder.write(little).await.unwrap(), Ok(()));
    let written = others.iter_mut().filter_map(|answer| answer.try_recv().ok()).count();
    assert_eq!(written, 2, "as much as goes with it");
    let rest = others.into_iter().filter(|answer| !answer.is_terminated());
    assert!(join_all(rest).await.into_iter().all(|answer| answer == Ok(Ok(()))));
}

#[tokio::test]
async fn what_a_meeting_wants_written_is_written_in_the_order_in_which_it_was_wanted() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let anna = stage.person("anna@example.org", "Anna Arndt").await;
    let recorder = Recorder::start(stage.app.db.clone());
    let (first, own) = (room(&stage, &anna).await, room(&stage, &anna).await);
    let (other, id) = (clock::id(), clock::id());
    let much = "x".repeat(3_000_000);
    // The end is small, and its journal is not.
    let answers = [
        batch(first, vec![begins(other), page(other, 0, &much)]),
        batch(own, vec![begins(id), page(id, 0, &much)]),
        batch(own, vec![Line::Over(id)]),
    ];
    let answers: Vec<_> = answers.into_iter().map(|batch| recorder.write(batch)).collect();
    assert!(join_all(answers).await.into_iter().all(|answer| answer == Ok(Ok(()))));
    assert_eq!(journals(&stage.app.db).await, [other]);
}
