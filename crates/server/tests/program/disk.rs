// SPDX-License-Identifier: EUPL-1.2
//! Disks of the real world: full for a while, mounted, somebody else's, already in use. What is answered, and that everything
//! acknowledged is there after `kill -9`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use konvent_server::clock;
use reqwest::{Client, StatusCode, Url};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::{Value, json};
use sha2::Digest as _;
use tokio::sync::mpsc;

pub const KONVENT: &str = env!("CARGO_BIN_EXE_konvent");
const EMAIL: &str = "anna@example.org";
pub const PASSWORD: &str = "correct horse battery staple";
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        let folder = std::env::temp_dir().join(format!("konvent-disk-{}", clock::token()));
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// A file system of its own in a folder, seen only by what is started inside. It ends with the value.
struct Disk {
    holder: Child,
    folder: PathBuf,
}

impl Disk {
    fn mount(folder: &Path, megabytes: u32) -> Disk {
        // The program comes along: its own folder may be closed to others.
        let script = "mount -t tmpfs -o size=$1m,mode=700 tmpfs \"$0/volume\" && mount --bind \"$2\" \"$0/konvent\" \
            && echo ready && exec cat";
        fs::create_dir(folder.join("volume")).unwrap();
        fs::write(folder.join("konvent"), "").unwrap();
        let mut unshare = Command::new("unshare");
        if !is_root() {
            unshare.arg("--map-root-user");
        }
        unshare
            .args(["--mount", "sh", "-c", script])
            .arg(folder)
            .arg(megabytes.to_string())
            .arg(KONVENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut holder = unshare.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(
            line.trim(),
            "ready",
            "nothing can be mounted here: run this test as root, or allow user namespaces"
        );
        Disk {
            holder,
            folder: folder.join("volume"),
        }
    }

    /// Where the tests see it.
    fn outside(&self) -> PathBuf {
        let root = format!("/proc/{}/root", self.holder.id());
        Path::new(&root).join(self.folder.strip_prefix("/").unwrap())
    }

    fn enter(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.holder.id().to_string()).arg("--mount");
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Its standard input has ended then, too.
        _ = self.holder.kill();
        _ = self.holder.wait();
    }
}

/// The ways in which a disk is full for a program.
enum Cap {
    /// No file may grow any more, as under a quota.
    FileSize,
    /// Nothing is left of a small disk.
    Space(Disk),
}

impl Cap {
    fn fill(&self, program: &Program) {
        match self {
            Cap::FileSize => limit_files(program, Some(0)),
            Cap::Space(disk) => {
                let mut filler = fs::File::create(disk.outside().join("filler")).unwrap();
                for size in [1 << 16, 1 << 12, 1] {
                    while filler.write_all(&vec![0; size]).is_ok() {}
                }
            }
        }
    }

    fn make_room(&self, program: &Program) {
        match self {
            Cap::FileSize => limit_files(program, None),
            Cap::Space(disk) => fs::remove_file(disk.outside().join("filler")).unwrap(),
        }
    }
}

fn limit_files(program: &Program, bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(Some(Pid::from_child(&program.child)), Resource::Fsize, limit).unwrap();
}

/// A server that runs, and one person who is logged in.
pub struct Program {
    child: Child,
    pub url: String,
    /// Held open, so that the program can go on printing.
    _output: BufReader<ChildStdout>,
    pub client: Client,
    pub bearer: String,
}

impl Program {
    /// `command`: how to start the program, up to its own arguments.
    pub async fn start(command: Command, data: &Path) -> Program {
        let (mut program, setup_token) = Program::launch(command, data, "127.0.0.1:0");
        if let Some(token) = setup_token {
            let body = json!({"token": token, "email": EMAIL, "display_name": "Anna Arndt", "password": PASSWORD});
            let reply = program.client.post(format!("{}/v1/setup", program.url)).json(&body);
            assert_eq!(reply.send().await.unwrap().status(), StatusCode::CREATED);
        }
        program.bearer = program.log_in(EMAIL).await;
        program
    }

    /// At the same address after it was killed: logins stay good.
    pub fn start_again(command: Command, data: &Path, before: &Program) -> Program {
        let address = before.url.split_once("://").unwrap().1;
        let (mut program, _) = Program::launch(command, data, address);
        program.bearer.clone_from(&before.bearer);
        program
    }

    /// And the token to set it up, where nobody has yet.
    fn launch(mut command: Command, data: &Path, listen: &str) -> (Program, Option<String>) {
        command.args(["serve", "--listen", listen, "--data"]).arg(data);
        command.envs([
            ("KONVENT_MEDIA_UDP", "127.0.0.1:0"),
            ("LANG", "C.UTF-8"),
            ("KONVENT_LOG_LEVEL", "off"),
        ]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (mut url, mut setup_token) = (String::new(), None);
        loop {
            let mut line = String::new();
            assert!(
                output.read_line(&mut line).unwrap() > 0,
                "the program ended at its start"
            );
            let value = line.split_whitespace().last().unwrap_or_default();
            if line.contains("Web address") {
                url = value.to_owned();
            } else if let Some((_, token)) = value.split_once("/setup?token=") {
                setup_token = Some(token.to_owned());
            } else if value.is_empty() {
                break;
            }
        }
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let program = Program {
            child,
            url,
            _output: output,
            client,
            bearer: String::new(),
        };
        (program, setup_token)
    }

    /// The way of a browser from authorize to tokens.
    pub async fn log_in(&self, email: &str) -> String {
        const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";
        let (url, client) = (&self.url, &self.client);
        let back = format!("{url}/auth/callback");
        let challenge = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(VERIFIER));
        let asked = [
            ("client_id", "konvent-web"),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", "xyz"),
            ("nonce", "n1"),
            ("redirect_uri", &back),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let authorize = Url::parse_with_params(&format!("{url}/identity/authorize"), asked).unwrap();
        let reply = client.get(authorize).send().await.unwrap();
        let location = reply.headers()["location"].to_str().unwrap();
        let request = parameter(&format!("{url}{location}"), "request");
        let body = json!({"request": request, "email": email, "password": PASSWORD});
        let reply = client
            .post(format!("{url}/identity/login"))
            .json(&body)
            .send()
            .await
            .unwrap();
        let reply: Value = reply.json().await.unwrap();
        let code = parameter(reply["redirect_to"].as_str().unwrap(), "code");
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", "konvent-web"),
            ("redirect_uri", &back),
            ("code", &code),
            ("code_verifier", VERIFIER),
        ];
        let reply = client
            .post(format!("{url}/identity/token"))
            .form(&pairs)
            .send()
            .await
            .unwrap();
        let reply: Value = reply.json().await.unwrap();
        format!("Bearer {}", reply["access_token"].as_str().unwrap())
    }

    /// A number of people who plan meetings one after the other. What they are told.
    fn planning(&self, people: usize) -> mpsc::Receiver<Told> {
        let (told, heard) = mpsc::channel(1);
        for person in 0..people {
            let request = self
                .client
                .post(format!("{}/v1/events", self.url))
                .header("authorization", &self.bearer)
                .json(&json!({"title": "Budget", "is_time_independent": true}));
            let told = told.clone();
            tokio::spawn(async move {
                loop {
                    let reply = request.try_clone().unwrap().send().await.unwrap();
                    let (status, body) = (reply.status(), reply.json().await.unwrap());
                    if told.send(Told { person, status, body }).await.is_err() {
                        break;
                    }
                }
            });
        }
        heard
    }

    async fn has_event(&self, id: &str) -> bool {
        let request = self.client.get(format!("{}/v1/events/{id}", self.url));
        let reply = request.header("authorization", &self.bearer).send().await.unwrap();
        reply.status() == StatusCode::OK
    }

    /// As a power cut does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

struct Told {
    person: usize,
    status: StatusCode,
    body: Value,
}

fn parameter(address: &str, name: &str) -> String {
    let url = Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name} in {address}")).1.into_owned()
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Listens until each person has been told `wanted` a number of times, and keeps what was acknowledged.
async fn listen(heard: &mut mpsc::Receiver<Told>, wanted: StatusCode, times: usize, acknowledged: &mut Vec<String>) {
    let mut seen = [0; PEOPLE];
    while seen.iter().any(|count| *count < times) {
        let Told { person, status, body } = heard.recv().await.unwrap();
        match status {
            StatusCode::CREATED => acknowledged.push(body["id"].as_str().unwrap().to_owned()),
            StatusCode::INSUFFICIENT_STORAGE => assert_eq!(body["code"], "storage_full"),
            // Where so many wait for the few connections to a database on a full disk, some are told to come back.
            StatusCode::SERVICE_UNAVAILABLE => assert_eq!(body["code"], "database_unavailable"),
            other => panic!("{other}: {body}"),
        }
        seen[person] += usize::from(status == wanted);
    }
}

const PEOPLE: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_that_is_used_up_for_a_while_loses_nothing_that_was_acknowledged_and_needs_no_restart() {
    loses_nothing(&Folder::new(), Cap::FileSize).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_for_a_while_loses_nothing_that_was_acknowledged_and_needs_no_restart() {
    let folder = Folder::new();
    let disk = Disk::mount(&folder.0, 24);
    loses_nothing(&folder, Cap::Space(disk)).await;
}

async fn loses_nothing(folder: &Folder, cap: Cap) {
    let data = folder.0.join("volume").join("data");
    let start = async || {
        let command = match &cap {
            // The system kills a program that writes beyond its limit, unless the program has said that it reads errors.
            Cap::FileSize => {
                let mut command = Command::new("sh");
                command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", KONVENT]);
                command
            }
            Cap::Space(disk) => {
                let mut inside = disk.enter();
                inside.arg(KONVENT);
                inside
            }
        };
        Program::start(command, &data).await
    };
    let program = start().await;
    let mut acknowledged = Vec::new();
    let mut heard = program.planning(PEOPLE);
    for _ in 0..2 {
        listen(&mut heard, StatusCode::CREATED, 1, &mut acknowledged).await;
        cap.fill(&program);
        listen(&mut heard, StatusCode::INSUFFICIENT_STORAGE, 3, &mut acknowledged).await;
        cap.make_room(&program);
    }
    listen(&mut heard, StatusCode::CREATED, 2, &mut acknowledged).await;
    drop(program);
    drop(heard);
    let again = start().await;
    for id in &acknowledged {
        assert!(again.has_event(id).await, "{id} of {} is gone", acknowledged.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_data_is_refused_until_the_first_has_ended_however_it_ended() {
    let folder = Folder::new();
    let data = folder.0.join("data");
    let first = Program::start(Command::new(KONVENT), &data).await;
    let konvent = |arguments: &[&str]| {
        let mut command = Command::new(KONVENT);
        command.env("LANG", "C.UTF-8").args(arguments).arg("--data").arg(&data);
        command.stdin(Stdio::null()).output().unwrap()
    };
    let second = konvent(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!second.status.success());
    let named = format!("Another Konvent (process {})", first.child.id());
    assert!(text(&second).contains(&named), "{}", text(&second));
    // What may work beside a server does.
    let people = konvent(&["users", "list"]);
    assert!(text(&people).contains(EMAIL), "{}", text(&people));
    let archive = folder.0.join("backup.tar");
    let backup = konvent(&["backup", archive.to_str().unwrap()]);
    assert!(backup.status.success(), "{}", text(&backup));
    // What would take its data away does not.
    let restore = konvent(&["restore", archive.to_str().unwrap()]);
    assert!(
        !restore.status.success() && text(&restore).contains(&named),
        "{}",
        text(&restore)
    );
    drop(first);
    drop(Program::start(Command::new(KONVENT), &data).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_into_a_mounted_volume_by_an_ordinary_user() {
    let folder = Folder::new();
    let data = folder.0.join("first");
    drop(Program::start(Command::new(KONVENT), &data).await);
    let archive = folder.0.join("backup.tar");
    let mut backup = Command::new(KONVENT);
    let made = backup
        .arg("backup")
        .arg(&archive)
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", text(&made));
    let disk = Disk::mount(&folder.0, 64);
    let volume = folder.0.join("volume");
    let seen = disk.outside();
    if is_root() {
        for path in [&archive, &seen] {
            std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    // The folder around it belongs to somebody else, or is closed.
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o555)).unwrap();
    let before = fs::metadata(&seen).unwrap();
    let ordinary = || {
        let mut command = disk.enter();
        if is_root() {
            command.args(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        command.arg(folder.0.join("konvent"));
        command.env("LANG", "C.UTF-8");
        command
    };
    let restore = |mut command: Command, into: &Path| {
        command
            .arg("restore")
            .arg(&archive)
            .arg("--data")
            .arg(into)
            .output()
            .unwrap()
    };
    let closed = folder.0.join("closed");
    // Whoever is root in a namespace of their own may write anywhere.
    let refused = restore(if is_root() { ordinary() } else { Command::new(KONVENT) }, &closed);
    assert!(!refused.status.success());
    assert!(text(&refused).contains(closed.to_str().unwrap()), "{}", text(&refused));
    let restored = restore(ordinary(), &volume);
    assert!(restored.status.success(), "{}", text(&restored));
    let after = fs::metadata(&seen).unwrap();
    assert_eq!(
        (after.ino(), after.mode(), after.uid()),
        (before.ino(), before.mode(), before.uid())
    );
    for name in ["konvent.sqlite", "device.salt"] {
        let file = fs::metadata(seen.join(name)).unwrap();
        assert_eq!((file.mode() & 0o777, file.uid()), (0o600, before.uid()), "{name}");
    }
    let again = Program::start(ordinary(), &volume).await;
    drop(again);
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_program_writes_is_for_its_own_user_only_also_in_a_folder_that_others_may_read() {
    let folder = Folder::new();
    let files = folder.0.join("shared");
    // As an earlier version left it.
    let tenant = files.join("00000000-0000-0000-0000-000000000001");
    fs::create_dir_all(&tenant).unwrap();
    fs::set_permissions(&tenant, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "umask 022; exec \"$0\" \"$@\"", KONVENT]);
    command
        .env("KONVENT_FILES_DIRECTORY", &files)
        .env("KONVENT_TLS_SELF_SIGNED", "false");
    let program = Program::start(command, &folder.0.join("data")).await;
    let mut heard = program.planning(1);
    let event = heard.recv().await.unwrap().body;
    let room = event["room"]["id"].as_str().unwrap();
    let upload = format!("{}/v1/rooms/{room}/assets?kind=document&title=Plan", program.url);
    let reply = program
        .client
        .post(upload)
        .header("authorization", &program.bearer)
        .body("plan")
        .send()
        .await
        .unwrap();
    assert!(reply.status().is_success(), "{}", reply.status());
    let mut open = vec![files.clone(), folder.0.join("data")];
    let mut uploads = 0;
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let (path, kind) = (entry.path(), entry.metadata().unwrap());
            assert_eq!(kind.mode() & 0o077, 0, "{}", path.display());
            uploads += u32::from(kind.is_file() && path.starts_with(&files));
            if kind.is_dir() {
                open.push(path);
            }
        }
    }
    assert_eq!(uploads, 1);
}

#[tokio::test]
async fn an_orderly_stop_leaves_all_of_the_database_in_one_file() {
    let folder = Folder::new();
    let data = folder.0.join("data");
    let mut program = Program::start(Command::new(KONVENT), &data).await;
    let beside = || fs::metadata(data.join("konvent.sqlite-wal")).map_or(0, |file| file.len());
    assert!(beside() > 0);
    kill_process(Pid::from_child(&program.child), Signal::TERM).unwrap();
    program.child.wait().unwrap();
    assert_eq!(beside(), 0);
    Program::start(Command::new(KONVENT), &data).await;
}

#[test]
fn settings_of_mails_that_cannot_work_are_not_called_valid() {
    for (url, valid) in [
        ("smtpx://mail.example.org", false),
        ("mail.example.org", false),
        ("smtp://mail.example.org", true),
    ] {
        let mut check = Command::new(KONVENT);
        check
            .args(["config", "check"])
            .env("LANG", "C.UTF-8")
            .env("KONVENT_MAIL_URL", url);
        check
            .env("KONVENT_MAIL_FROM", "konvent@example.org")
            .env("KONVENT_HTTP_PUBLIC_URL", "https://meet.example.org");
        let checked = check.output().unwrap();
        assert_eq!(checked.status.success(), valid, "{url}: {}", text(&checked));
        assert!(valid || text(&checked).contains("mail.url"), "{}", text(&checked));
    }
}
