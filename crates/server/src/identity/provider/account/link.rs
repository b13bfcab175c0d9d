// SPDX-License-Identifier: EUPL-1.2
//! One-time addresses to set a password: for who forgot theirs, and for who is invited. The rule: whoever asks learns
//! nothing about which addresses have an account; what the mailbox gets is all there is.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::store;
use crate::change::Change;
use crate::clock::{self, hashed};
use crate::db::{Db, millis};
use crate::identity::provider::store as provider;
use crate::ids::{TenantId, UserId};
use crate::mail::{Mail, Receiver};
use crate::queue::{self, Failed, Payload, Queue};
use crate::users;

/// How long the address lasts that who forgot their password gets.
const RESET: SignedDuration = SignedDuration::from_hours(1);
const HANDED_OUT: SignedDuration = SignedDuration::from_hours(24);
const INVITATION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whoever has an account with an e-mail address is to get an address to set a new password. Doing it twice mails twice; both
/// addresses work.
#[derive(Serialize, Deserialize)]
pub struct PasswordForgotten {
    /// Of the account; empty: there is none.
    pub email: String,
    pub expires_at: Timestamp,
}

impl Payload for PasswordForgotten {
    const KIND: &str = "password_forgotten";
}

/// Sees to a request for a new password later: who asks waits as long whether there is such an account or not. The job
/// stands with the organisation of the account; where there is none it holds nothing of what was typed.
pub async fn forgotten(db: &Db, jobs: &Queue, email: String) -> sqlx::Result<()> {
    let account = provider::account(db, &email).await?;
    let whose = account.map(|(tenant, ..)| tenant);
    let email = if whose.is_some() { email } else { String::new() };
    let expires_at = clock::now() + RESET;
    let job = jobs.now(&PasswordForgotten { email, expires_at });
    queue::add(db, whose.unwrap_or(TenantId::DEFAULT), &[job]).await
}

/// Mails the address, if there is such an account.
pub async fn mail_reset(db: &Db, mail: &Mail, job: &PasswordForgotten) -> Result<(), Failed> {
    let expires_at = job.expires_at;
    if let Some((tenant, account, _)) = provider::account(db, &job.email).await?
        && let Some(user) = users::store::by_subject(db, tenant, users::LOCAL, &account).await?
        && !user.is_blocked
    {
        let mut change = Change::begin(db, tenant).await?;
        let path = add(&mut change, &account, expires_at).await?;
        change.commit().await?;
        mail.password_reset(tenant, user.id, path, expires_at).await?;
    }
    Ok(())
}

/// Mails an address to set the first password to the owner of a new account.
pub async fn invite(change: &mut Change, mail: &Mail, user: UserId, account: &str) -> sqlx::Result<()> {
    let expires = clock::now() + INVITATION;
    let path = add(change, account, expires).await?;
    change.queue(mail.account_invitation(Receiver::User(user), &path, expires));
    Ok(())
}

/// Makes an address to set a new password, to be handed over by an administrator who knows who asks. Those from before end.
pub async fn hand_out(change: &mut Change, account: &str) -> sqlx::Result<(String, Timestamp)> {
    store::end_links(change, account).await?;
    let expires = clock::now() + HANDED_OUT;
    Ok((add(change, account, expires).await?, expires))
}

async fn add(change: &mut Change, account: &str, expires: Timestamp) -> sqlx::Result<String> {
    let secret = clock::secret();
    let now = millis(clock::now());
    store::add_link(change, &hashed(&secret), account, millis(expires), now).await?;
    Ok(format!("/password?token={secret}"))
}
