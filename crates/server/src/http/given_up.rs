// SPDX-License-Identifier: EUPL-1.2
//! Whether anybody still waits for the answer of a request that is done to its end. The one rule: only what has not begun may
//! be left undone.

use tokio::sync::watch;

/// Nobody waits for the answer any more, and nothing was done yet.
#[derive(Debug)]
pub struct GivenUp;

impl std::fmt::Display for GivenUp {
    fn fmt(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        text.write_str("nobody waits for the answer any more")
    }
}

impl std::error::Error for GivenUp {}

tokio::task_local! {
    /// Ends when nobody waits for the answer of the request that this task is for.
    static WAITS: watch::Receiver<()>;
}

/// Work for somebody who waits until the other end of `waits` is dropped.
pub fn asked<T>(waits: watch::Receiver<()>, work: impl Future<Output = T>) -> impl Future<Output = T> {
    WAITS.scope(waits, work)
}

/// Ready when nobody waits for the answer of this request any more, for what has not begun yet.
pub async fn nobody_waits() {
    match WAITS.try_with(Clone::clone) {
        // Nothing is ever sent: an error is the end.
        Ok(mut waits) => while waits.changed().await.is_ok() {},
        Err(_) => std::future::pending().await,
    }
}
