// SPDX-License-Identifier: EUPL-1.2
//! `konvent serve`: opens everything, says where it is to be found, waits for the signal to stop, and closes in order.
//! Not the command line: that is `main.rs`.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::app::App;
use crate::config::Config;
use crate::http::routes;
use crate::start_error::StartError;

/// A server that has its port but has not accepted anybody yet.
pub struct Server {
    pub app: App,
    pub address: SocketAddr,
    listener: TcpListener,
}

impl Server {
    pub async fn bind(config: Config) -> Result<Server, StartError> {
        let listen = config.http.listen;
        let app = App::open(config).await?;
        let port_taken = |error: std::io::Error| {
            StartError::new(
                format!("The address {listen} cannot be used ({error}); choose another one with --listen."),
                format!(
                    "Die Adresse {listen} kann nicht verwendet werden ({error}); wählen Sie mit --listen eine andere."
                ),
            )
        };
        let listener = TcpListener::bind(listen).await.map_err(port_taken)?;
        let address = listener.local_addr().map_err(port_taken)?;
        Ok(Server { app, address, listener })
    }

    /// Serves until `stop` is ready.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let router = routes::all(self.app.clone());
        axum::serve(self.listener, router).with_graceful_shutdown(stop).await?;
        Ok(())
    }
}
