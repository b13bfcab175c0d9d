// SPDX-License-Identifier: EUPL-1.2
//! The command line: arguments, settings, start, wait, stop. Nothing else.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use konvent_server::config::{Config, Environment, Flags, Loaded};
use konvent_server::serve::Server;
use konvent_server::start_error::{Language, StartError};

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
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory for database, keys and certificates
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
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
            flags.load(environment)?;
            println!(
                "{}",
                match environment.language {
                    Language::English => "The settings are valid.",
                    Language::German => "Die Einstellungen sind gültig.",
                }
            );
            Ok(())
        }
    }
}

fn serve(loaded: Loaded, _language: Language) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::bind(loaded.config).await?;
        println!("http://{}", server.address);
        server.run(async { _ = tokio::signal::ctrl_c().await }).await
    })
}
