// SPDX-License-Identifier: EUPL-1.2
//! What a request gets instead of an answer: a refusal with a stable code (profile §2 "Errors"), or an unexpected
//! failure, which is logged once, here, under a number that the person sees. Texts are English; clients translate the
//! code.

use std::io;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::given_up::GivenUp;
use crate::clock;
use crate::db::Trouble;

pub type Answer<T> = Result<T, Failure>;

pub enum Failure {
    Refused(Box<Refused>),
    Unexpected(anyhow::Error),
}

pub struct Refused {
    pub status: StatusCode,
    pub body: ErrorBody,
    pub authenticate: Option<&'static str>,
    /// Seconds to wait before asking again.
    pub retry_after: Option<i64>,
}

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    #[schema(example = "validation_failed")]
    pub code: String,
    pub message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub validation_errors: Vec<Invalid>,
}

/// One thing that is wrong with a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invalid {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[schema(example = "invalid_length")]
    pub code: String,
    pub message: String,
}

impl Invalid {
    pub fn new(field: &str, code: &str, message: impl Into<String>) -> Invalid {
        Invalid {
            field: Some(field.into()),
            code: code.into(),
            message: message.into(),
        }
    }
}

/// Longest names, in characters, where nothing else is said.
pub const LONGEST_NAME: usize = 255;

impl Invalid {
    /// What is wrong with a name, if anything.
    pub fn name(field: &str, text: &str) -> Option<Invalid> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > LONGEST_NAME {
            let text = format!("1 to {LONGEST_NAME} characters.");
            return Some(Invalid::new(field, "invalid_length", text));
        }
        let text = match konvent_meeting::is_readable(text) {
            true => return None,
            false => {
                "At least one character that can be seen, and none that controls lines or the direction of writing."
            }
        };
        Some(Invalid::new(field, "invalid_characters", text))
    }
}

impl Refused {
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Refused {
        Refused {
            status,
            body: ErrorBody {
                code: code.into(),
                message: message.into(),
                validation_errors: Vec::new(),
            },
            authenticate: None,
            retry_after: None,
        }
    }

    pub fn not_found() -> Refused {
        Refused::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing here, or not for you.",
        )
    }

    pub fn forbidden() -> Refused {
        Refused::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "You do not have the right to do this.",
        )
    }

    pub fn method_not_allowed() -> Refused {
        Refused::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This address knows other methods; the Allow header names them.",
        )
    }

    pub fn bad_request(message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// Too much of this for now.
    pub fn too_many(code: &str, message: impl Into<String>, retry_after: i64) -> Refused {
        let mut refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, code, message);
        refused.retry_after = Some(retry_after);
        refused
    }

    pub fn gone(code: &str, message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::GONE, code, message)
    }

    pub fn validation(errors: Vec<Invalid>) -> Refused {
        let mut refused = Refused::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_failed",
            "Some values are not valid.",
        );
        refused.body.validation_errors = errors;
        refused
    }

    /// No credentials at all.
    pub fn unauthorized() -> Refused {
        let mut refused = Refused::new(StatusCode::UNAUTHORIZED, "unauthorized", "Log in first.");
        refused.authenticate = Some("Bearer");
        refused
    }

    /// Credentials that do not hold. The reason goes to the log, without the token.
    pub fn invalid_token(reason: &str) -> Refused {
        tracing::info!(reason, "access token refused");
        let mut refused = Refused::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "The access token is not valid (any more).",
        );
        refused.authenticate = Some("Bearer error=\"invalid_token\", error_description=\"not valid (any more)\"");
        refused
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Failure {
        Failure::Refused(Box::new(refused))
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::Unexpected(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Failure {
        Failure::Unexpected(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        if let Some(challenge) = self.authenticate {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(secs) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, secs.into());
        }
        response
    }
}

/// What the database or the disk says that is nobody's mistake in this program.
fn of_storage(error: &anyhow::Error) -> Option<Refused> {
    let trouble = error.chain().find_map(|cause| {
        let of_disk = cause
            .downcast_ref::<std::io::Error>()
            .and_then(|error| match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(Trouble::Full),
                io::ErrorKind::ReadOnlyFilesystem => Some(Trouble::ReadOnly),
                _ => None,
            });
        of_disk.or_else(|| cause.downcast_ref().and_then(Trouble::of))
    })?;
    let (status, code, text) = match trouble {
        Trouble::Untranslatable => {
            return Some(Refused::bad_request("A text contains a character that cannot be kept."));
        }
        Trouble::Gone => {
            tracing::info!(
                error = format!("{error:#}"),
                "what this belongs to was deleted meanwhile"
            );
            return Some(Refused::not_found());
        }
        Trouble::Full => (
            StatusCode::INSUFFICIENT_STORAGE,
            "storage_full",
            "The server has no space left, so nothing was saved. Tell its operator, and try again later.",
        ),
        Trouble::ReadOnly => (
            StatusCode::SERVICE_UNAVAILABLE,
            "database_read_only",
            "Nothing can be saved on this server just now. Please try again later.",
        ),
        Trouble::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "database_busy",
            "The database of this server is busy, and nothing was saved. Please try again in a moment.",
        ),
        Trouble::Away => (
            StatusCode::SERVICE_UNAVAILABLE,
            "database_unavailable",
            "The database of this server does not answer. Please try again in a moment.",
        ),
    };
    tracing::error!(code, error = format!("{error:#}"), "the data cannot be read or written");
    Some(Refused::new(status, code, text))
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Failure::Refused(refused) => refused.into_response(),
            // Whoever asked does not read it.
            Failure::Unexpected(error) if error.is::<GivenUp>() => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Failure::Unexpected(error) => {
                if let Some(refused) = of_storage(&error) {
                    return refused.into_response();
                }
                let number = clock::token();
                tracing::error!(%number, error = format!("{error:#}"), "request failed");
                let text = format!("Something went wrong on the server. Tell its operator this number: {number}");
                Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", text).into_response()
            }
        }
    }
}
