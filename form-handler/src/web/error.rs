//! What may be wrong with a request as a whole. A handler returns it; its words, which depend on
//! the site and on who asks, are found on the way out ([`super::reply::explain`]).

use axum::{
    Extension,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{log, store::StoreError};

/// What is wrong with a request as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// A foreign or `null` origin.
    Foreign,
    /// No such page, session or demand.
    NotFound,
    /// A person's link that opens nothing: unknown, expired, replaced or erased, all in one.
    DeadLink,
    /// No such session, told to whoever sent a form.
    UnknownSession,
    /// The body is too large.
    TooLarge,
    /// The body came too slowly.
    TooSlow,
    /// The body is no form.
    NotAForm,
    /// The body is in letters that nobody can tell.
    NotText,
    /// Too many sign-ups from one address.
    TooMany,
    /// Overloaded, or no database.
    Unavailable,
    /// It took too long: whether it was done is not known. Asking again is safe.
    Unsure,
    /// The action is not one of ours.
    UnknownAction,
}

impl RequestError {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::NotFound | Self::DeadLink | Self::UnknownSession => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::Unsure => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnknownAction | Self::NotText => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The `erreur` of the JSON shape, and the message's name in the locale.
    pub(crate) fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::Foreign => ("origine_refusee", "reponse-origine-refusee"),
            Self::NotFound => ("introuvable", "reponse-introuvable"),
            Self::DeadLink => ("introuvable", "reponse-lien-perdu"),
            Self::UnknownSession => ("seance_inconnue", "reponse-seance-inconnue"),
            Self::TooLarge => ("trop_long", "reponse-trop-long"),
            Self::TooSlow => ("trop_lent", "reponse-trop-lent"),
            Self::NotAForm => ("mauvais_type", "reponse-mauvais-type"),
            Self::NotText => ("mauvais_encodage", "reponse-mauvais-encodage"),
            Self::TooMany => ("trop_de_demandes", "reponse-trop-de-demandes"),
            Self::Unavailable => ("indisponible", "reponse-indisponible"),
            Self::Unsure => ("indisponible", "reponse-incertaine"),
            Self::UnknownAction => ("action_inconnue", "reponse-action-inconnue"),
        }
    }

    /// Whether the same request may be answered a little later.
    pub(crate) fn passes(self) -> bool {
        matches!(self, Self::TooMany | Self::Unavailable | Self::Unsure)
    }
}

/// The bare status, with the error beside it for who finds the words.
impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        (self.status(), Extension(self)).into_response()
    }
}

impl From<StoreError> for RequestError {
    fn from(error: StoreError) -> Self {
        // Whoever runs the server needs the cause; the person needs the telephone.
        log::error(&error.phrase());
        match error {
            StoreError::Overloaded | StoreError::Unavailable(_) => Self::Unavailable,
            StoreError::Unsure(_) => Self::Unsure,
        }
    }
}
