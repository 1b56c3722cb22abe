//! Sign-up for sessions.
fn main() {}
