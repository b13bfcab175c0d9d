// SPDX-License-Identifier: EUPL-1.2
//! A PostgreSQL for tests, those of the program included. It ends with the program that started it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::clock;

/// A PostgreSQL that lives as long as its standard input is open.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    _server: Child,
}

/// PostgreSQL refuses to run as root: nobody runs it.
fn as_nobody(command: &mut Command, folder: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::process::CommandExt as _;
    const ROOT: u32 = 0;
    const NOBODY: u32 = 65534;
    let owner = std::fs::metadata(folder).unwrap().uid();
    if owner == ROOT {
        std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    if [ROOT, NOBODY].contains(&owner) {
        command.uid(NOBODY).gid(NOBODY);
    }
}

impl Cluster {
    pub fn start() -> Cluster {
        let programs = std::fs::read_dir("/usr/lib/postgresql")
            .ok()
            .and_then(|versions| {
                let mut found: Vec<PathBuf> = versions.flatten().map(|entry| entry.path().join("bin")).collect();
                found.retain(|bin| bin.join("initdb").exists());
                found.sort();
                found.pop()
            })
            .expect("PostgreSQL is missing: install it with `apt-get install postgresql` (make test does)");
        let folder = std::env::temp_dir().join(format!("konvent-pg-{}", clock::token()));
        std::fs::create_dir(&folder).unwrap();
        let script = "\"$0/initdb\" -D \"$1/db\" -U konvent --auth=trust --no-sync >\"$1/log\" 2>&1 \
            && \"$0/pg_ctl\" -D \"$1/db\" -w -l \"$1/log\" -o \"-k '$1' -c listen_addresses= -c fsync=off\" start >>\"$1/log\" 2>&1 \
            && echo ready || cat \"$1/log\"; cat; \"$0/pg_ctl\" -D \"$1/db\" -m immediate stop >/dev/null 2>&1; rm -rf \"$1\"/*; rmdir \"$1\"";
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(&programs).arg(&folder);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .current_dir(&folder);
        as_nobody(&mut command, &folder);
        let mut server = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line.trim(), "ready", "PostgreSQL does not start");
        Cluster {
            folder,
            programs,
            _server: server,
        }
    }

    /// Stops it or starts it again, with its earlier options.
    pub fn control(&self, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join("pg_ctl"));
        command
            .arg("-D")
            .arg(self.folder.join("db"))
            .arg("-w")
            .arg("-l")
            .arg(self.folder.join("log"));
        if arguments.last() == Some(&"start") {
            let options = format!("-k '{}' -c listen_addresses= -c fsync=off", self.folder.display());
            command.arg("-o").arg(options);
        }
        command.args(arguments).stdout(Stdio::null()).current_dir(&self.folder);
        as_nobody(&mut command, &self.folder);
        assert!(command.status().unwrap().success());
    }

    pub async fn new_database(&self) -> String {
        let name = format!("t{}", clock::token().simple());
        let host = self.folder.display();
        let admin = sqlx::PgPool::connect(&format!("postgres://konvent@localhost/postgres?host={host}"))
            .await
            .unwrap();
        let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(statement).execute(&admin).await.unwrap();
        admin.close().await;
        format!("postgres://konvent@localhost/{name}?host={host}")
    }
}
