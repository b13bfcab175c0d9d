// SPDX-License-Identifier: EUPL-1.2
//! What a person may ask for by the GDPR: a copy of what is kept about them, and its deletion. What is deleted because it
//! is over is in `retention`. The rule: every column of the database stands in the inventory, and what names a person
//! there is found by both.

pub mod http;
pub mod inventory;
mod store;

use crate::db::Db;
use crate::ids::UserId;

/// Whether without this person nobody could administer the installation.
pub async fn is_indispensable(db: &Db, user: UserId) -> sqlx::Result<bool> {
    let operators = store::operators(db).await?;
    Ok(operators.len() == 1 && operators.contains(&user))
}
