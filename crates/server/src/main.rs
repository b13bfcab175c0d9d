// SPDX-License-Identifier: EUPL-1.2
//! The command line: arguments, settings, start, wait, stop. Nothing else.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use konvent_server::config::{Config, Environment, Flags, Loaded};
use konvent_server::serve::{Server, SfuServer};
use konvent_server::start_error::{Language, StartError};
use konvent_server::{audit, backup, db, jobs, mail, tariffs, tenants, users};
use konvent_sfu::Key;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// Konvent: video meetings for public administration, in one program.
#[derive(Parser)]
#[command(name = "konvent", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeFlags,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server (the default)
    Serve(ServeFlags),
    /// Start the media server alone, for any LiveKit client
    Sfu(SfuFlags),
    /// People: accounts of the built-in login, what they may
    Users {
        #[command(subcommand)]
        command: users::cli::Command,
        #[command(flatten)]
        flags: ServeFlags,
    },
    /// Organisations that share this Konvent
    Tenants {
        #[command(subcommand)]
        command: tenants::cli::Command,
        #[command(flatten)]
        flags: ServeFlags,
    },
    /// What people may use
    Tariffs {
        #[command(subcommand)]
        command: tariffs::cli::Command,
        #[command(flatten)]
        flags: ServeFlags,
    },
    /// The audit log: who did what, when, on which object
    Audit {
        #[command(subcommand)]
        command: audit::cli::Command,
        #[command(flatten)]
        flags: ServeFlags,
    },
    /// Work that the server does later or again and again
    Jobs {
        #[command(subcommand)]
        command: jobs::cli::Command,
        #[command(flatten)]
        flags: ServeFlags,
    },
    /// Save database, files and keys into one file; the server may be running
    Backup {
        /// The archive to write (tar)
        file: PathBuf,
        #[command(flatten)]
        flags: ServeFlags,
    },
    /// Bring a backup back into an empty data directory
    Restore {
        /// An archive that `konvent backup` wrote
        file: PathBuf,
        #[command(flatten)]
        flags: ServeFlags,
    },
    /// Look at the settings
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
        #[command(flatten)]
        flags: ServeFlags,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print every setting in force, secrets masked
    Show,
    /// Say whether the settings are valid
    Check,
}

#[derive(Args, Default)]
struct ServeFlags {
    /// File with settings (TOML); see config/default.toml
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Directory for database, keys and certificates
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDR", global = true)]
    listen: Option<SocketAddr>,
}

#[derive(Args)]
struct SfuFlags {
    /// Address and port for WebSocket connections
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
    /// Address and port for audio and video
    #[arg(long, value_name = "ADDR")]
    udp: SocketAddr,
    /// Address and port for figures (/metrics, for Prometheus); nowhere if absent
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// API key and its secret, as in LiveKit's settings; may be repeated
    #[arg(long = "key", value_name = "KEY:SECRET", required = true, value_parser = api_key)]
    keys: Vec<Key>,
}

fn api_key(text: &str) -> Result<Key, String> {
    let (key, secret) = text.split_once(':').ok_or("write KEY:SECRET")?;
    Ok(Key {
        key: key.to_owned(),
        secret: secret.to_owned(),
    })
}

impl ServeFlags {
    fn load(&self, environment: &Environment) -> Result<Loaded, StartError> {
        let flags = Flags {
            file: self.config.clone(),
            data: self.data.clone(),
            listen: self.listen,
        };
        Config::load(&flags, environment)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Whatever this program writes is for its own user only, uploads included.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let environment = Environment::read();
    let language = environment.language;
    match run(arguments, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match error.downcast_ref::<StartError>() {
                Some(sentence) => eprintln!("{}", sentence.text(language)),
                None => eprintln!("{error:#}"),
            }
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments, environment: &Environment) -> anyhow::Result<()> {
    match arguments.command.unwrap_or(Command::Serve(arguments.serve)) {
        Command::Serve(flags) => serve(flags.load(environment)?, environment.language),
        Command::Sfu(flags) => sfu(flags),
        Command::Users { command, flags } => {
            let loaded = flags.load(environment)?;
            beside_a_server(
                &loaded.config.clone(),
                users::cli::run(command, loaded.config, environment.language),
            )
        }
        Command::Tenants { command, flags } => {
            let loaded = flags.load(environment)?;
            beside_a_server(
                &loaded.config,
                tenants::cli::run(command, &loaded.config, environment.language),
            )
        }
        Command::Tariffs { command, flags } => {
            let loaded = flags.load(environment)?;
            beside_a_server(
                &loaded.config,
                tariffs::cli::run(command, &loaded.config, environment.language),
            )
        }
        Command::Audit { command, flags } => {
            let loaded = flags.load(environment)?;
            beside_a_server(
                &loaded.config,
                audit::cli::run(command, &loaded.config, environment.language),
            )
        }
        Command::Jobs { command, flags } => {
            let loaded = flags.load(environment)?;
            log_to_stderr(&loaded.config.log.level)?;
            beside_a_server(
                &loaded.config.clone(),
                jobs::cli::run(command, loaded.config, environment.language),
            )
        }
        Command::Backup { file, flags } => backup(&flags.load(environment)?.config, environment.language, &file),
        Command::Restore { file, flags } => restore(&flags.load(environment)?.config, environment.language, &file),
        Command::Config {
            command: ConfigCommand::Show,
            flags,
        } => {
            print!("{}", flags.load(environment)?.show());
            Ok(())
        }
        Command::Config {
            command: ConfigCommand::Check,
            flags,
        } => {
            let config = flags.load(environment)?.config;
            // Their settings have a form of their own.
            mail::check(&config)?;
            users::directory::Directory::open(&config)?;
            println!(
                "{}",
                match environment.language {
                    Language::English => "The settings are valid.",
                    Language::German => "Die Einstellungen sind gültig.",
                }
            );
            let links = config.organisation.links().into_iter();
            let missing: Vec<_> = links.filter(|(_, link)| link.is_empty()).map(|(key, _)| key).collect();
            if !missing.is_empty() {
                let missing = missing.join(", ");
                println!(
                    "{}",
                    match environment.language {
                        Language::English => format!(
                            "Not set here: {missing}. Pages of public bodies must link them; set them here or for each \
                             organisation in the administration."
                        ),
                        Language::German => format!(
                            "Hier nicht gesetzt: {missing}. Seiten öffentlicher Stellen müssen darauf verweisen; setzen \
                             Sie sie hier oder für jede Organisation in der Verwaltung."
                        ),
                    }
                );
            }
            Ok(())
        }
    }
}

fn serve(loaded: Loaded, language: Language) -> anyhow::Result<()> {
    log_to_stderr(&loaded.config.log.level)?;
    raise_file_limit();
    runtime()?.block_on(async {
        let server = Server::bind(loaded.config).await?;
        let stop = told_to_stop()?;
        print!("{}", server.started().await?.text(language));
        server.run(stop).await
    })
}

/// Runs a command that may work while a server does.
fn beside_a_server(config: &Config, command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        db::refuse_beside_an_older_server(config).await?;
        command.await
    })
}

fn backup(config: &Config, language: Language, file: &Path) -> anyhow::Result<()> {
    let made = runtime()?.block_on(backup::make(config, file))?;
    let (file, files, bytes) = (file.display(), made.files, made.bytes);
    match language {
        Language::English => println!("Saved to {file}: database, keys and {files} files, {bytes} bytes."),
        Language::German => println!("Gesichert in {file}: Datenbank, Schlüssel und {files} Dateien, {bytes} Bytes."),
    }
    match (made.elsewhere, language) {
        (Some(bucket), Language::English) => println!("Files lie in {bucket}: save them there as well."),
        (Some(bucket), Language::German) => println!("Dateien liegen in {bucket}: Sichern Sie sie auch dort."),
        (None, _) => {}
    }
    Ok(())
}

fn restore(config: &Config, language: Language, file: &Path) -> anyhow::Result<()> {
    runtime()?.block_on(backup::restore(config, file))?;
    let data = config.data.directory.display();
    match language {
        Language::English => println!("Restored into {data}. Start the server with --data {data}."),
        Language::German => println!("Eingespielt in {data}. Starten Sie den Server mit --data {data}."),
    }
    Ok(())
}

fn sfu(flags: SfuFlags) -> anyhow::Result<()> {
    log_to_stderr("info")?;
    raise_file_limit();
    runtime()?.block_on(async {
        let config = konvent_sfu::Config {
            udp: flags.udp,
            advertised: Vec::new(),
            keys: flags.keys,
        };
        let server = SfuServer::bind(flags.listen, flags.metrics, config).await?;
        let stop = told_to_stop()?;
        println!("ws://{} udp {}", server.address, server.udp);
        server.run(stop).await
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

fn log_to_stderr(level: &str) -> Result<(), StartError> {
    let filter = level.parse::<tracing_subscriber::EnvFilter>().map_err(|error| {
        StartError::new(
            format!("The setting log.level is not valid: {error}."),
            format!("Die Einstellung log.level ist ungültig: {error}."),
        )
    })?;
    let colour = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .init();
    Ok(())
}

/// Each participant holds a socket; the usual soft limit of 1024 is for programs that use select(2).
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    // If the system says no, the lower limit holds, and the listener waits for free sockets.
    _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    );
}

/// Ready when the operator (Ctrl-C) or the system (SIGTERM) asks us to stop.
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
