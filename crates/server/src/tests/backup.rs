// SPDX-License-Identifier: EUPL-1.2
//! Backup and restore: during a meeting, onto an empty machine, and what is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;

use super::signaling::Room;
use super::{Database, Stage, config};
use crate::assets::New;
use crate::config::Config;
use crate::ids::{RoomId, TenantId};
use crate::{audit, backup, clock};

const TENANT: TenantId = TenantId::DEFAULT;

struct Archive(PathBuf);

impl Archive {
    fn new() -> Archive {
        Archive(std::env::temp_dir().join(format!("konvent-{}.tar", clock::token())))
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

fn new_file(room: RoomId, owner: crate::ids::UserId) -> New {
    New {
        name: None,
        tenant: TENANT,
        room,
        owner,
        created_by: owner,
        namespace: None,
        kind: "minutes".into(),
        title: "Budget".into(),
        extension: "pdf".into(),
    }
}

/// The sentence with which a restore into this place is refused.
async fn refusal(config: &Config, archive: &Path) -> String {
    backup::restore(config, archive).await.err().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_during_a_meeting_brings_everything_back_on_an_empty_machine() {
    let meeting = Room::open().await;
    let stage = &meeting.stage;
    let mut anna = meeting.connect(&meeting.moderator_token().await).await;
    anna.hears("core", "join_success").await;
    let owner = crate::users::store::by_email(&stage.app.db, TENANT, "anna@example.org")
        .await
        .unwrap()
        .unwrap()
        .id;
    let room = RoomId(meeting.room.parse().unwrap());
    let first = stage
        .app
        .assets
        .add(new_file(room, owner), Body::from("the minutes"))
        .await
        .ok()
        .unwrap();

    // Somebody goes on adding and removing files while the backup is made.
    let stop = Arc::new(AtomicBool::new(false));
    let busy = {
        let (app, stop) = (stage.app.clone(), stop.clone());
        tokio::spawn(async move {
            let mut earlier = None;
            while !stop.load(Ordering::Relaxed) {
                let asset = app
                    .assets
                    .add(new_file(room, owner), Body::from("x"))
                    .await
                    .ok()
                    .unwrap();
                if let Some(earlier) = earlier.replace(asset.id) {
                    app.assets
                        .remove(TENANT, room, earlier, audit::Actor::System)
                        .await
                        .ok()
                        .unwrap();
                }
            }
        })
    };
    let archive = Archive::new();
    let made = backup::make(&stage.app.config, &archive.0).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    busy.await.unwrap();
    assert!(made.files >= 1 && made.elsewhere.is_none());
    anna.say(
        "chat",
        json!({"action": "send_message", "scope": "global", "content": "still here"}),
    )
    .await;
    anna.hears("chat", "message_sent").await;
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(
        std::fs::metadata(&archive.0).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(
        backup::make(&stage.app.config, &archive.0)
            .await
            .err()
            .unwrap()
            .to_string()
            .contains("exists already")
    );

    let (settings, folder) = config(Database::Sqlite, &[]).await;
    backup::restore(&settings, &archive.0).await.unwrap();
    let salts = [&stage.folder, &folder].map(|folder| std::fs::read(folder.join("device.salt")).unwrap());
    assert_eq!(salts[0], salts[1]);
    let restored = Stage::on(settings, folder).await;
    let login = restored.login("anna@example.org").await;
    let who = format!("Bearer {}", login["access_token"].as_str().unwrap());
    assert_eq!(
        restored
            .get(&format!("/v1/rooms/{room}/invites"), &who)
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let events = restored.get("/v1/events", &who).await.json();
    assert_eq!(events[0]["title"], "Budget");
    let listed = restored.get(&format!("/v1/rooms/{room}/assets"), &who).await.json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), made.files);
    for asset in listed {
        let id = asset["id"].as_str().unwrap();
        let at = format!("/v1/rooms/{room}/assets/{id}/download?redirect=false");
        let url = restored.get(&at, &who).await.json()["url"].as_str().unwrap().to_owned();
        let content = restored.get(url.strip_prefix(super::ORIGIN).unwrap(), "").await;
        let expected = if id == first.id.to_string() { "the minutes" } else { "x" };
        assert_eq!((content.status, content.text.as_str()), (StatusCode::OK, expected));
    }
    let verdict = audit::verify(&restored.app.db, TENANT).await.unwrap();
    assert_eq!(verdict.broken_at, None);
    // A login from before goes on: its keys came along.
    let request = Request::get("/v1/users/me")
        .header(header::HOST, "localhost:8080")
        .header(header::AUTHORIZATION, &meeting.anna);
    let reply = restored.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn backups_into_the_data_directory_hold_neither_each_other_nor_what_else_lies_there() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    let daily = stage.folder.join("backups");
    std::fs::create_dir(&daily).unwrap();
    std::fs::write(stage.folder.join("dump.sql"), vec![0; 1 << 20]).unwrap();
    let mut sizes = Vec::new();
    for day in 1..=5 {
        let made = backup::make(&stage.app.config, &daily.join(format!("{day}.tar")))
            .await
            .unwrap();
        sizes.push(made.bytes);
    }
    // Each backup is itself an entry of the audit log.
    assert!(sizes[4] < sizes[0] + (32 << 10), "{sizes:?}");
    let listed = std::process::Command::new("tar")
        .arg("-tf")
        .arg(daily.join("5.tar"))
        .output();
    let names = String::from_utf8(listed.unwrap().stdout).unwrap();
    assert_eq!(
        names.lines().collect::<Vec<_>>(),
        ["konvent-backup.json", "device.salt", "konvent.sqlite", "SHA256SUMS"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_fails_leaves_the_folder_with_its_owner_and_mode_as_it_was() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let stage = Stage::open(Database::Sqlite, &[]).await;
    let archive = Archive::new();
    backup::make(&stage.app.config, &archive.0).await.unwrap();
    let whole = std::fs::read(&archive.0).unwrap();
    let (settings, folder) = config(Database::Sqlite, &[]).await;
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o750)).unwrap();
    std::fs::create_dir(folder.join("lost+found")).unwrap();
    let before = std::fs::metadata(&folder).unwrap();
    std::fs::write(&archive.0, &whole[..whole.len() - 4096]).unwrap();
    assert!(refusal(&settings, &archive.0).await.contains("not a whole backup"));
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(&folder).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["lost+found"]);
    std::fs::write(&archive.0, &whole).unwrap();
    backup::restore(&settings, &archive.0).await.unwrap();
    assert_eq!(names(), ["device.salt", "konvent.sqlite", "lost+found"]);
    let after = std::fs::metadata(&folder).unwrap();
    assert_eq!(
        (after.ino(), after.mode(), after.uid()),
        (before.ino(), before.mode(), before.uid())
    );
    drop(Stage::on(settings, folder).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_into_a_directory_in_use_is_refused() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    let archive = Archive::new();
    backup::make(&stage.app.config, &archive.0).await.unwrap();
    let before = std::fs::read(stage.folder.join("device.salt")).unwrap();
    assert!(refusal(&stage.app.config, &archive.0).await.contains("is not empty"));
    assert_eq!(std::fs::read(stage.folder.join("device.salt")).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_cut_off_foreign_or_newer_archive_is_refused_and_leaves_nothing() {
    let stage = Stage::open(Database::Sqlite, &[]).await;
    stage.add("anna@example.org", "Anna Arndt").await;
    let archive = Archive::new();
    backup::make(&stage.app.config, &archive.0).await.unwrap();
    let whole = std::fs::read(&archive.0).unwrap();
    let text = |bytes: &[u8], part: &str| {
        bytes
            .windows(part.len())
            .position(|found| found == part.as_bytes())
            .unwrap()
    };
    let mut flipped = whole.clone();
    let middle = text(&whole, "anna@example.org");
    flipped[middle] ^= 1;
    let mut newer = whole.clone();
    let format = text(&whole, "\"format\": 1");
    newer[format + 10] = b'7';
    for (bytes, said) in [
        (flipped, "checksums"),
        (whole[..whole.len() / 2].to_vec(), "not a whole backup"),
        (whole[..whole.len() - 4096].to_vec(), "not a whole backup"),
        (b"hello".to_vec(), "does not begin like one"),
        (Vec::new(), "does not begin like one"),
        (newer, "newer version of Konvent"),
    ] {
        std::fs::write(&archive.0, bytes).unwrap();
        let (settings, folder) = config(Database::Sqlite, &[]).await;
        let sentence = refusal(&settings, &archive.0).await;
        assert!(sentence.contains(said), "{sentence}");
        let parent = folder.parent().unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let left = std::fs::read_dir(parent).unwrap().flatten();
        let left: Vec<_> = left
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&name))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_postgresql_the_way_to_back_up_is_named() {
    let (settings, folder) = config(Database::Postgres, &[]).await;
    let archive = Archive::new();
    let sentence = backup::make(&settings, &archive.0).await.err().unwrap().to_string();
    assert!(sentence.contains("pg_dump"), "{sentence}");
    assert!(refusal(&settings, &archive.0).await.contains("pg_dump"));
    assert!(!folder.exists() && !archive.0.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_there_is_nothing_to_save() {
    let (settings, _folder) = config(Database::Sqlite, &[]).await;
    let sentence = backup::make(&settings, &Archive::new().0)
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(sentence.contains("There is no database"), "{sentence}");
}
