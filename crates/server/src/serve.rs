// SPDX-License-Identifier: EUPL-1.2
//! `konvent serve` and `konvent sfu`: open everything, serve, and close in order when told to. Not the command line:
//! that is `main.rs`.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::config::Config;
use crate::http::listen::Listener;
use crate::http::{routes, rtc, tls};
use crate::identity;
use crate::jobs::worker;
use crate::media::start_sfu;
use crate::start_error::StartError;
use crate::start_text::Started;

/// A server that has its port but has not accepted anybody yet.
pub struct Server {
    pub app: App,
    pub address: SocketAddr,
    listener: Listener,
}

impl Server {
    pub async fn bind(config: Config) -> Result<Server, StartError> {
        let (listener, address) = bind(config.http.listen).await?;
        let app = App::open(config).await?;
        let http = &app.config.http;
        let waiting_per_address = (!http.behind_proxy).then_some(http.waiting_sockets_per_address);
        let listener = Listener {
            listener,
            tls: tls::acceptor(&app.config)?,
            waiting_per_address,
        };
        Ok(Server { app, address, listener })
    }

    /// What to tell the operator.
    pub async fn started(&self) -> anyhow::Result<Started<'_>> {
        let media = self.app.media.sfu.udp_addr();
        let setup_token = identity::setup_token(&self.app).await?;
        Ok(Started {
            config: &self.app.config,
            address: self.address,
            media,
            setup_token,
        })
    }

    /// Serves until `stop` is ready; then tells everybody and lets them go.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let router = routes::all(self.app.clone());
        let (stopping, stopped) = watch::channel(false);
        let working = tokio::spawn(worker::work(self.app.clone(), stopped.clone()));
        let serving = tokio::spawn(self.listener.serve(router, stopped));
        stop.await;
        self.app.registry.stop().await;
        self.app.media.sfu.stop();
        stopping.send_replace(true);
        _ = tokio::join!(serving, working);
    }
}

/// The SFU alone, as LiveKit clients expect a LiveKit server.
pub struct SfuServer {
    pub address: SocketAddr,
    pub udp: SocketAddr,
    sfu: konvent_sfu::Sfu,
    listener: Listener,
}

impl SfuServer {
    pub async fn bind(listen: SocketAddr, config: konvent_sfu::Config) -> Result<SfuServer, StartError> {
        let (listener, address) = bind(listen).await?;
        let sfu = start_sfu(config)?;
        let listener = Listener {
            listener,
            tls: None,
            waiting_per_address: None,
        };
        Ok(SfuServer {
            address,
            udp: sfu.udp_addr(),
            sfu,
            listener,
        })
    }

    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let serving = tokio::spawn(self.listener.serve(rtc::routes(self.sfu.clone()), stopped));
        stop.await;
        self.sfu.stop();
        stopping.send_replace(true);
        _ = serving.await;
    }
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
