// SPDX-License-Identifier: EUPL-1.2
//! The program's open parts, for its doors. Not a place for logic. Each part is opened once, here, in the order it needs, and
//! is given the few others it works with: no part knows this list.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;

use crate::assets::Assets;
use crate::config::Config;
use crate::data;
use crate::db::Db;
use crate::entry::Entrance;
use crate::events;
use crate::http::web::Compressed;
use crate::identity::Identity;
use crate::ids::TenantId;
use crate::mail::Mail;
use crate::media::Media;
use crate::queue::Queue;
use crate::signaling::registry::Registry;
use crate::start_error::StartError;
use crate::tariffs::Tariffs;
use crate::tenants::{Organisation, Tenants};
use crate::turns::Turns;
use crate::users::{self, directory::Directory};

/// A cheap handle; axum hands a clone to each request.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub config: Arc<Config>,
    pub db: Db,
    pub jobs: Queue,
    pub tenants: Tenants,
    pub directory: Option<Directory>,
    pub mail: Mail,
    pub tariffs: Arc<Tariffs>,
    pub assets: Assets,
    pub identity: Arc<Identity>,
    pub entrance: Entrance,
    pub media: Media,
    pub registry: Arc<Registry>,
    pub compressed: Arc<Compressed>,
    /// With answers that cost much.
    pub turns: Turns,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<App> for Arc<Config> {
    fn from_ref(app: &App) -> Arc<Config> {
        app.config.clone()
    }
}

impl FromRef<App> for Arc<Identity> {
    fn from_ref(app: &App) -> Arc<Identity> {
        app.identity.clone()
    }
}

impl FromRef<App> for Arc<Compressed> {
    fn from_ref(app: &App) -> Arc<Compressed> {
        app.compressed.clone()
    }
}

impl App {
    /// The directory of people that belongs to a tenant: that of the settings is for the default organisation.
    pub fn directory_of(&self, tenant: TenantId) -> Option<&Directory> {
        self.directory.as_ref().filter(|_| tenant == TenantId::DEFAULT)
    }

    /// An organisation as its pages shall show it.
    pub async fn organisation(&self, id: TenantId) -> Organisation {
        let directory = self.tenants.directory(&self.db).await;
        directory.organisation(&self.config.organisation, id)
    }

    pub async fn open(config: Config) -> Result<App, StartError> {
        data::prepare(&config.data.directory)?;
        let db = Db::open(&config).await?;
        users::store::complete_search_terms(&db).await.map_err(|error| {
            StartError::new(
                format!("The list of people cannot be brought up to date: {error}."),
                format!("Die Liste der Personen lässt sich nicht auf den neuen Stand bringen: {error}."),
            )
        })?;
        events::store::complete_ends(&db).await.map_err(|error| {
            StartError::new(
                format!("The series of meetings cannot be brought up to date: {error}."),
                format!("Die Serien lassen sich nicht auf den neuen Stand bringen: {error}."),
            )
        })?;
        let config = Arc::new(config);
        let (tenants, jobs) = (Tenants::default(), Queue::default());
        let tariffs = Arc::new(Tariffs::new(db.clone(), tenants.clone(), &config));
        let assets = Assets::open(config.clone(), db.clone(), tariffs.clone())?;
        assets.files.check().await?;
        let identity = Arc::new(Identity::open(config.clone(), db.clone(), tenants.clone()).await?);
        let directory = Directory::open(&config).map_err(|error| {
            StartError::new(
                format!("The directory of the OpenID provider cannot be prepared: {error:#}."),
                format!("Das Verzeichnis des OpenID-Anbieters lässt sich nicht vorbereiten: {error:#}."),
            )
        })?;
        let mail = Mail::open(config.clone(), db.clone(), jobs.clone())?;
        let media = Media::start(&config)?;
        let registry = Registry::new(&media, db.clone(), data::device_salt(&config.data.directory)?);
        let entrance = Entrance::new(config.clone(), db.clone(), tariffs.clone(), identity.clone());
        Ok(App(Arc::new(Parts {
            config,
            db,
            jobs,
            tenants,
            directory,
            mail,
            tariffs,
            assets,
            identity,
            entrance,
            media,
            registry,
            compressed: Arc::default(),
            turns: Turns::default(),
        })))
    }
}
