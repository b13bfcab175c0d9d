// SPDX-License-Identifier: EUPL-1.2
//! `/v1/events/{event}/undelivered_mails`: who was to hear of an event and did not. Not the queue: that is for
//! administrators. Only who may edit the event sees it, because they can do something about it.

use std::collections::HashSet;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::events::http::editable;
use crate::events::invites::store;
use crate::http::extract::{Id, Json};
use crate::http::failure::{Answer, ErrorBody};
use crate::identity::caller::Known;
use crate::ids::{EventId, TenantId};
use crate::mail::{EventMail, Receiver};
use crate::queue::{self, MOST_ATTEMPTS, Payload as _};
use crate::users;

/// Somebody whom a mail did not reach.
#[derive(Serialize, ToSchema)]
pub struct UndeliveredMail {
    /// Of a colleague; null for who has no account.
    pub display_name: Option<String>,
    pub email: String,
    pub reason: UndeliveredReason,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UndeliveredReason {
    /// The mail server does not take mails for this address.
    Refused,
    /// The mail server took nothing for two and a half days.
    GivenUp,
}

/// Who was to be mailed about an event and was not, as far as it is not forgotten; each address once, the newest first.
/// Konvent's own.
#[utoipa::path(get, path = "/events/{event_id}/undelivered_mails", tag = "events", security(("bearer" = [])),
    params(("event_id" = EventId, Path)),
    responses((status = 200, body = Vec<UndeliveredMail>), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Known(user): Known,
    Id(id): Id<EventId>,
) -> Answer<Json<Vec<UndeliveredMail>>> {
    editable(&app, &user, id).await?;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (payload, attempts) in
        queue::store::failed_about(&app.db, user.tenant, EventMail::KIND, &id.to_string()).await?
    {
        // What another version has written is not ours to tell.
        let Ok(mail) = serde_json::from_str::<EventMail>(&payload) else {
            continue;
        };
        let Some((display_name, email)) = receiver(&app, user.tenant, id, mail.to).await? else {
            continue;
        };
        if seen.insert(email.clone()) {
            let reason = match attempts < MOST_ATTEMPTS {
                true => UndeliveredReason::Refused,
                false => UndeliveredReason::GivenUp,
            };
            found.push(UndeliveredMail {
                display_name,
                email,
                reason,
            });
        }
    }
    Ok(Json(found))
}

/// Name and address of who is still invited.
async fn receiver(
    app: &App,
    tenant: TenantId,
    event: EventId,
    to: Receiver,
) -> sqlx::Result<Option<(Option<String>, String)>> {
    Ok(match to {
        Receiver::User(id) if store::is_invited(&app.db, tenant, event, id).await? => {
            let user = users::store::by_id(&app.db, tenant, id).await?;
            user.map(|user| (Some(user.display_name), user.email))
        }
        Receiver::Email(email) if store::is_email_invited(&app.db, tenant, event, &email).await? => Some((None, email)),
        _ => None,
    })
}
