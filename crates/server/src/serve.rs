// SPDX-License-Identifier: EUPL-1.2
//! `konvent serve` and `konvent sfu`: open everything, serve, and close in order when told to. Not the command line:
//! that is `main.rs`.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::config::{self, Config};
use crate::data;
use crate::door::{metrics, routes, rtc};
use crate::http::listen::{Listener, WRITE_TIMEOUT};
use crate::http::sockets::Limits;
use crate::http::tls;
use crate::jobs::worker;
use crate::lock::Lock;
use crate::media::start_sfu;
use crate::signaling;
use crate::start_error::StartError;
use crate::start_text::Started;

/// A socket that has waited for less is not closed in favour of others, as long as its network may have more.
const GRACE: Duration = Duration::from_secs(1);

/// A server that has its port but has not accepted anybody yet.
pub struct Server {
    pub app: App,
    pub address: SocketAddr,
    listener: Listener,
    metrics: Option<Listener>,
    /// Nobody else serves the same data for as long as this lives.
    _lock: Lock,
}

impl Server {
    pub async fn bind(config: Config) -> Result<Server, StartError> {
        let (listener, address) = bind(config.http.listen).await?;
        data::prepare(&config.data.directory)?;
        let lock = Lock::take(&config.data.directory)?;
        let metrics = metrics_listener(config.metrics.address()).await?;
        let app = App::open(config).await?;
        let listener = Listener {
            listener,
            tls: tls::acceptor(&app.config)?,
            limits: socket_limits(&app.config.http),
            write_timeout: WRITE_TIMEOUT,
        };
        Ok(Server {
            app,
            address,
            listener,
            metrics,
            _lock: lock,
        })
    }

    /// What to tell the operator.
    pub async fn started(&self) -> anyhow::Result<Started<'_>> {
        let media = self.app.media.sfu.udp_addr();
        let setup_token = self.app.identity.setup_token().await?;
        Ok(Started {
            config: &self.app.config,
            address: self.address,
            media,
            setup_token,
        })
    }

    /// Serves until `stop` is ready; then tells everybody and lets them go.
    ///
    /// # Errors
    /// When the media thread ended before that: without it no meeting has sound or picture, and only a new start helps.
    pub async fn run(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let router = routes::all(self.app.clone());
        signaling::http::go_on(&self.app).await?;
        let (stopping, stopped) = watch::channel(false);
        let working = tokio::spawn(worker::work(self.app.clone(), stopped.clone()));
        let counting = serve_metrics(self.metrics, self.app.media.sfu.clone(), stopped.clone());
        let serving = tokio::spawn(self.listener.serve(router, stopped));
        let why = until(stop, &self.app.media.sfu).await;
        self.app.registry.stop().await;
        self.app.media.sfu.stop();
        stopping.send_replace(true);
        _ = tokio::join!(serving, working, counting);
        if let Err(error) = self.app.db.settle().await {
            tracing::warn!(%error, "the database is left in two files");
        }
        why
    }
}

fn socket_limits(http: &config::Http) -> Limits {
    let all = Limits {
        in_all: http.sockets,
        ..Limits::NONE
    };
    // Behind a proxy all come from one address.
    if http.behind_proxy {
        return all;
    }
    Limits {
        waiting_per_address: http.waiting_sockets_per_address,
        per_address: http.sockets_per_address,
        grace: GRACE,
        ..all
    }
}

/// Waits for the wish to stop, or for the end of the media thread.
async fn until(stop: impl Future<Output = ()>, sfu: &konvent_sfu::Sfu) -> anyhow::Result<()> {
    tokio::select! {
        () = stop => Ok(()),
        () = sfu.ended() => anyhow::bail!("audio and video ended unexpectedly; the program stops, start it again"),
    }
}

/// The SFU alone, as LiveKit clients expect a LiveKit server.
pub struct SfuServer {
    pub address: SocketAddr,
    pub udp: SocketAddr,
    sfu: konvent_sfu::Sfu,
    listener: Listener,
    metrics: Option<Listener>,
}

impl SfuServer {
    /// `metrics`: where to tell what is counted, if anywhere.
    pub async fn bind(
        listen: SocketAddr,
        metrics: Option<SocketAddr>,
        config: konvent_sfu::Config,
    ) -> Result<SfuServer, StartError> {
        let (listener, address) = bind(listen).await?;
        let metrics = metrics_listener(metrics).await?;
        let sfu = start_sfu(config)?;
        Ok(SfuServer {
            address,
            udp: sfu.udp_addr(),
            sfu,
            listener: plain(listener),
            metrics,
        })
    }

    /// Serves until `stop` is ready.
    ///
    /// # Errors
    /// When the media thread ended before that.
    pub async fn run(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let (stopping, stopped) = watch::channel(false);
        let router = rtc::routes(self.sfu.clone()).merge(rtc::ready(self.sfu.clone()));
        let counting = serve_metrics(self.metrics, self.sfu.clone(), stopped.clone());
        let serving = tokio::spawn(self.listener.serve(router, stopped));
        let why = until(stop, &self.sfu).await;
        self.sfu.stop();
        stopping.send_replace(true);
        _ = tokio::join!(serving, counting);
        why
    }
}

fn plain(listener: TcpListener) -> Listener {
    Listener {
        listener,
        tls: None,
        limits: Limits::NONE,
        write_timeout: WRITE_TIMEOUT,
    }
}

async fn metrics_listener(listen: Option<SocketAddr>) -> Result<Option<Listener>, StartError> {
    let Some(listen) = listen else { return Ok(None) };
    let unusable = |error: std::io::Error| {
        StartError::new(
            format!(
                "The address {listen} for figures cannot be used ({error}); choose another one with metrics.listen."
            ),
            format!(
                "Die Adresse {listen} für Kennzahlen kann nicht verwendet werden ({error}); wählen Sie mit metrics.listen \
                 eine andere."
            ),
        )
    };
    let listener = TcpListener::bind(listen).await.map_err(unusable)?;
    Ok(Some(plain(listener)))
}

/// Tells what is counted until `stopped` turns true.
fn serve_metrics(
    listener: Option<Listener>,
    sfu: konvent_sfu::Sfu,
    stopped: watch::Receiver<bool>,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        if let Some(listener) = listener {
            listener.serve(metrics::routes(sfu), stopped).await;
        }
    })
}

async fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let unusable = |error: std::io::Error| {
        StartError::new(
            format!("The address {listen} cannot be used ({error}); choose another one with --listen."),
            format!("Die Adresse {listen} kann nicht verwendet werden ({error}); wählen Sie mit --listen eine andere."),
        )
    };
    let listener = TcpListener::bind(listen).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    Ok((listener, address))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt as _;

    use super::*;

    async fn ready(sfu: &konvent_sfu::Sfu) -> StatusCode {
        let request = Request::get("/ready").body(Body::empty()).unwrap();
        rtc::ready(sfu.clone()).oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_media_server_whose_media_ended_is_not_ready_and_ends_with_an_error() {
        let here: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let key = konvent_sfu::Key {
            key: "k".into(),
            secret: "s".repeat(32),
        };
        let config = konvent_sfu::Config {
            udp: here,
            advertised: Vec::new(),
            keys: vec![key],
        };
        let server = SfuServer::bind(here, None, config).await.unwrap();
        let sfu = server.sfu.clone();
        assert_eq!(ready(&sfu).await, StatusCode::OK);
        sfu.stop();
        sfu.ended().await;
        assert_eq!(ready(&sfu).await, StatusCode::SERVICE_UNAVAILABLE);
        assert!(server.run(pending()).await.is_err());
    }
}
