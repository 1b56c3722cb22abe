//! Sign-up for sessions.
