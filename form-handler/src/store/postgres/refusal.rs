//! Why the server cannot be worked with, told to whoever starts: what it said, and what to do.

use std::{error::Error, fmt::Display};

use deadpool_postgres::PoolError;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

use super::said::Said;
use crate::{phrase::Phrase, store::error::in_full};

/// What to tell of an error that was met at the start.
pub(super) fn of(config: &Config, error: &(dyn Error + 'static)) -> Phrase {
    let Some(said) = Said::behind(error) else {
        return match connection(error) {
            Some(failed) => unreached(config, failed),
            None => Phrase::new("base-postgres").with("cause", in_full(error)),
        };
    };
    let about = |id| Phrase::new(id).with("cause", &said).with("base", database(config)).with("role", role(config));
    match said.code.as_str() {
        // Nobody of that name, a wrong password, or nobody from this machine.
        "28000" | "28P01" => about("base-postgres-acces"),
        "3D000" => about("base-postgres-absente"),
        "42501" | "3F000" => no_right(config, &said),
        "25006" => Phrase::new("base-postgres-lecture-seule"),
        _ => Phrase::new("base-postgres").with("cause", said),
    }
}

/// Where nothing may be made: the line that gives the right to.
pub(super) fn no_right(config: &Config, cause: impl Display) -> Phrase {
    let phrase = Phrase::new("base-postgres-droits").with("cause", cause);
    phrase.with("base", database(config)).with("role", format!("\"{}\"", role(config).replace('"', "\"\"")))
}

/// What failed on the way to the server, without the pool's own words before it.
fn connection<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    if let Some(PoolError::Timeout(_)) = error.downcast_ref::<PoolError>() {
        return Some(error);
    }
    let mut found = Some(error);
    while let Some(inner) = found.filter(|found| !found.is::<tokio_postgres::Error>()) {
        found = inner.source();
    }
    found
}

/// Nobody answered as a server does.
fn unreached(config: &Config, error: &(dyn Error + 'static)) -> Phrase {
    let cause = in_full(error);
    let about = |id| Phrase::new(id).with("cause", &cause).with("adresse", hosts(config));
    if cause.contains("does not allow writes") {
        return Phrase::new("base-postgres-lecture-seule");
    }
    // It asks for a password, and the address has none; or it proves that it does not know it.
    if cause.contains("password missing") || cause.contains("authentication error") {
        return about("base-postgres-acces").with("base", database(config)).with("role", role(config));
    }
    let secret = config.get_ssl_mode() != SslMode::Disable;
    if secret && ["TLS", "certificate"].iter().any(|word| cause.contains(word)) {
        return about("base-postgres-tls");
    }
    about("base-postgres-injoignable")
}

/// The name of the database, which is its role's by default.
pub(super) fn database(config: &Config) -> &str {
    config.get_dbname().unwrap_or_else(|| role(config))
}

fn role(config: &Config) -> &str {
    config.get_user().unwrap_or("postgres")
}

/// Where it is looked for.
fn hosts(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| match host {
        Host::Tcp(name) => format!("{name}:{}", port(at)),
        Host::Unix(path) => path.display().to_string(),
    });
    hosts.collect::<Vec<_>>().join(", ")
}
