// SPDX-License-Identifier: EUPL-1.2
//! Audio and video: the embedded SFU with a key that only this process knows. Not the forwarding itself, that is
//! `konvent-sfu`. The key is made at each start; tokens live for seconds, so nothing is lost with it.

use konvent_sfu::{Key, Sfu};

use crate::clock;
use crate::config::Config;
use crate::start_error::StartError;

// Whoever a meeting lets in finds a place in its media room, with every window that they may open.
const _: () = {
    use konvent_meeting::limits::{CONNECTIONS, POPOUTS};
    assert!(konvent_sfu::CONNECTIONS_PER_ROOM >= CONNECTIONS * (1 + POPOUTS as usize));
};

pub struct Media {
    pub sfu: Sfu,
    pub key: Key,
}

impl Media {
    pub fn start(config: &Config) -> Result<Media, StartError> {
        let key = Key {
            key: "konvent".to_owned(),
            secret: clock::secret(),
        };
        let sfu = start_sfu(konvent_sfu::Config {
            udp: config.media.udp,
            advertised: config.media.advertised.clone(),
            keys: vec![key.clone()],
        })?;
        Ok(Media { sfu, key })
    }
}

/// Starts an SFU; what goes wrong becomes a plain sentence.
pub fn start_sfu(config: konvent_sfu::Config) -> Result<Sfu, StartError> {
    let udp = config.udp;
    Sfu::start(config).map_err(|error| {
        StartError::new(
            format!("Audio and video cannot start on UDP {udp}: {error}. Choose another port with media.udp."),
            format!("Audio und Video können auf UDP {udp} nicht starten: {error}. Wählen Sie mit media.udp einen anderen Port."),
        )
    })
}
