//! The way to the server: its address, TLS, the pool, the migrations.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::{ClientConfig, RootCertStore, pki_types::pem::PemObject};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::refusal;
use crate::phrase::Phrase;

mod migrations {
    refinery::embed_migrations!("migrations/postgres");
}

/// Connections kept by one instance: those that write, those that read, one that listens beside
/// them.
const CONNECTIONS: usize = 12;

/// How long a server may take to let us in, or to give a connection back.
const PATIENCE: Duration = Duration::from_secs(3);

/// What each connection asks for.
///
/// Plans are made once, often while the tables are nearly empty, when reading a whole one looks
/// cheap: it is not, a thousand sign-ups later.
///
/// Nobody waits for ever: not for what somebody else holds (those who sign up wait less:
/// `batcher`), not for one statement; and what we hold is given back, should we not go on.
const OPTIONS: &str = "-c enable_seqscan=off -c plan_cache_mode=force_generic_plan -c jit=off \
                       -c lock_timeout=5s -c statement_timeout=10s -c idle_in_transaction_session_timeout=20s";

/// Tables are made and changed in whatever time it takes.
pub(super) const UNHURRIED: &str =
    "SET lock_timeout = 0; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";
const HURRIED: &str = "RESET lock_timeout; RESET statement_timeout; RESET idle_in_transaction_session_timeout";

/// The oldest server that is known to do, as it numbers itself.
const OLDEST: i32 = 150_000;

/// Where Debian keeps the certificates that the system trusts.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Held while the tables are made or changed: one instance does it, whoever starts first. Any
/// number that nobody else uses.
pub(super) const MIGRATION_LOCK: i64 = 0x656e_7472_6570_6172;

/// Where the database is, understood.
#[derive(Clone)]
pub struct Server {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: MakeRustlsConnect,
    /// The certificates that are trusted in place of the system's.
    root: Option<String>,
}

/// An address may hold a password: it is not shown.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

impl Server {
    /// Understands `postgres://user:password@host:port,host:port/base?sslmode=…&sslrootcert=FILE`.
    ///
    /// With several hosts, the one that accepts writes is used: after a failover, the standby that
    /// was promoted. Another machine is only spoken to over TLS, with a certificate that the system
    /// (or `sslrootcert`) trusts, unless `sslmode=disable` says otherwise.
    ///
    /// # Errors
    /// What is wrong with the address, without it: it may hold a password.
    pub fn parse(address: &str) -> Result<Self, Phrase> {
        let wrong = |cause: &dyn std::fmt::Display| Phrase::new("config-postgres").with("cause", cause);
        let (address, root) = without_root_certificate(address);
        let mut config: tokio_postgres::Config = address.parse().map_err(|error| wrong(&error))?;
        if config.get_hosts().is_empty() {
            return Err(wrong(&"no host"));
        }
        let local = |host: &Host| match host {
            Host::Tcp(name) => matches!(name.as_str(), "localhost" | "::1") || name.starts_with("127."),
            Host::Unix(_) => true,
        };
        if !address.contains("sslmode=") {
            let all_local = config.get_hosts().iter().all(local);
            config.ssl_mode(if all_local { SslMode::Disable } else { SslMode::Require });
        }
        if config.get_hosts().len() > 1 {
            config.target_session_attrs(tokio_postgres::config::TargetSessionAttrs::ReadWrite);
        }
        config.connect_timeout(PATIENCE);
        config.keepalives_idle(Duration::from_secs(30));
        // A server that vanished is noticed by what we send to it.
        config.tcp_user_timeout(Duration::from_secs(6));
        config.application_name("form-handler");
        config.options(OPTIONS);
        let tls = tls(root.as_deref()).map_err(|cause| wrong(&cause))?;
        Ok(Self { config, tls, root })
    }

    /// What to tell of an error that it answered with.
    pub(super) fn refusal(&self, error: &(dyn std::error::Error + 'static)) -> Phrase {
        refusal::of(&self.config, error)
    }

    /// The way to this server, as `PostgreSQL`'s own programs read it from their environment: a
    /// password on a command line is everybody's.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let config = &self.config;
        let host = |host: &Host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.to_string_lossy().into_owned(),
        };
        let joined = |values: Vec<String>| values.join(",");
        let mut said = vec![("PGHOST", joined(config.get_hosts().iter().map(host).collect()))];
        if !config.get_ports().is_empty() {
            said.push(("PGPORT", joined(config.get_ports().iter().map(u16::to_string).collect())));
        }
        said.extend(config.get_user().map(|user| ("PGUSER", user.to_owned())));
        said.extend(config.get_dbname().map(|base| ("PGDATABASE", base.to_owned())));
        let password = config.get_password().map(|word| String::from_utf8_lossy(word).into_owned());
        said.extend(password.map(|word| ("PGPASSWORD", word)));
        if config.get_ssl_mode() == SslMode::Require {
            // As strict as we are ourselves.
            said.push(("PGSSLMODE", "verify-full".to_owned()));
            said.push(("PGSSLROOTCERT", self.root.clone().unwrap_or_else(|| SYSTEM_ROOTS.to_owned())));
        } else {
            said.push(("PGSSLMODE", "disable".to_owned()));
        }
        if config.get_hosts().len() > 1 {
            said.push(("PGTARGETSESSIONATTRS", "read-write".to_owned()));
        }
        said.push(("PGCONNECT_TIMEOUT", PATIENCE.as_secs().to_string()));
        said
    }

    /// A pool of connections, none of them open yet.
    pub(super) fn pool(&self) -> Result<Pool, Phrase> {
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(self.config.clone(), self.tls.clone(), manager);
        Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| refusal::of(&self.config, &error))
    }
}

/// `sslrootcert` is ours to understand.
fn without_root_certificate(address: &str) -> (String, Option<String>) {
    let Some((base, query)) = address.split_once('?') else { return (address.to_owned(), None) };
    let (mut root, mut rest) = (None, Vec::new());
    for pair in query.split('&') {
        match pair.strip_prefix("sslrootcert=") {
            Some(path) => root = Some(percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()),
            None => rest.push(pair),
        }
    }
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    (format!("{base}{query}"), root)
}

fn tls(root: Option<&str>) -> Result<MakeRustlsConnect, String> {
    let mut roots = RootCertStore::empty();
    match root {
        Some(path) => {
            let certificates = rustls::pki_types::CertificateDer::pem_file_iter(path);
            for certificate in certificates.map_err(|error| format!("{path}: {error}"))? {
                let certificate = certificate.map_err(|error| format!("{path}: {error}"))?;
                roots.add(certificate).map_err(|error| format!("{path}: {error}"))?;
            }
        }
        // A machine without certificates reaches only servers that need none.
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let provider = rustls::crypto::ring::default_provider().into();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Makes or changes the tables, once, whoever starts first; the others wait. A server that would
/// not do is refused before.
pub(super) async fn migrate(server: &Server, pool: &Pool) -> Result<(), Phrase> {
    let mut client = pool.get().await.map_err(|error| refusal::of(&server.config, &error))?;
    let known = |error| refusal::of(&server.config, &error);
    refuse_unfit(&server.config, &client).await?;
    client.batch_execute(UNHURRIED).await.map_err(known)?;
    let lock = |verb: &str| format!("SELECT pg_advisory_{verb}({MIGRATION_LOCK})");
    client.batch_execute(&lock("lock")).await.map_err(known)?;
    let done = migrate_alone(server, &mut client).await;
    let unlocked = client.batch_execute(&format!("{}; {HURRIED}", lock("unlock"))).await.map_err(known);
    done.and(unlocked)
}

/// A database that cannot hold what people write, where nothing can be written, or that is of
/// another time: found out now, and not by the first parent.
async fn refuse_unfit(config: &tokio_postgres::Config, client: &tokio_postgres::Client) -> Result<(), Phrase> {
    let asked = "SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name, \
                 current_setting('server_encoding') AS encoding, \
                 pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS read_only, \
                 current_schema()::text AS schema";
    let told = client.query_one(asked, &[]).await.map_err(|error| refusal::of(config, &error))?;
    let failed = |error| refusal::of(config, &error);
    let (version, name): (i32, String) =
        (told.try_get("version").map_err(failed)?, told.try_get("name").map_err(failed)?);
    if version < OLDEST {
        return Err(Phrase::new("base-postgres-ancien").with("version", name));
    }
    let encoding: String = told.try_get("encoding").map_err(failed)?;
    if encoding != "UTF8" {
        let phrase = Phrase::new("base-postgres-encodage").with("encodage", encoding);
        return Err(phrase.with("base", refusal::database(config)));
    }
    if told.try_get("read_only").map_err(failed)? {
        return Err(Phrase::new("base-postgres-lecture-seule"));
    }
    let schema: Option<String> = told.try_get("schema").map_err(failed)?;
    match schema {
        Some(_) => Ok(()),
        None => Err(refusal::no_right(config, "no schema has been selected to create in")),
    }
}

/// Makes or changes the tables, on a connection that has all the time it needs.
pub(super) async fn migrate_alone(server: &Server, client: &mut deadpool_postgres::Client) -> Result<(), Phrase> {
    let runner = migrations::migrations::runner();
    let found = newest(server, client).await?;
    if found > known() {
        let phrase = Phrase::new("base-plus-recente").with("fichier", "PostgreSQL");
        return Err(phrase.with("trouvee", found).with("connue", known()));
    }
    let client: &mut tokio_postgres::Client = client;
    runner.run_async(client).await.map(drop).map_err(|error| refusal::of(&server.config, &error))
}

/// The newest migration that the tables have seen; 0 where there are none.
pub(super) async fn newest(server: &Server, client: &deadpool_postgres::Client) -> Result<i64, Phrase> {
    let failed = |error| refusal::of(&server.config, &error);
    let table = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    let seen: bool = client.query_one(table, &[]).await.and_then(|row| row.try_get(0)).map_err(failed)?;
    if !seen {
        return Ok(0);
    }
    let newest = "SELECT COALESCE(MAX(version), 0)::bigint FROM refinery_schema_history";
    client.query_one(newest, &[]).await.and_then(|row| row.try_get(0)).map_err(failed)
}

/// The schema's version that this program works with.
pub(super) fn known() -> i64 {
    let runner = migrations::migrations::runner();
    runner.get_migrations().iter().map(|migration| migration.version().into()).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        enrolment::Terms,
        store::{postgres::PostgresStore, tests::conformance},
        system::SystemEntropy,
    };

    fn mode(address: &str) -> SslMode {
        Server::parse(address).unwrap().config.get_ssl_mode()
    }

    #[test]
    fn another_machine_is_spoken_to_in_secret() {
        assert_eq!(mode("postgres://u:p@base.exemple.fr/b"), SslMode::Require);
        assert_eq!(mode("postgres://u@127.0.0.1:5433/b"), SslMode::Disable);
        assert_eq!(mode("postgres://u@localhost,base.exemple.fr/b"), SslMode::Require);
        assert_eq!(mode("postgres://u@base.exemple.fr/b?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres:///b?host=/var/run/postgresql&user=u"), SslMode::Disable);
    }

    #[test]
    fn other_programs_are_led_to_the_same_server_and_as_strictly() {
        let said = |address: &str| Server::parse(address).unwrap().environment();
        let far = said("postgres://u:secret@a.exemple.fr:5433,b.exemple.fr:5434/base");
        let value = |name: &str| far.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        assert_eq!(value("PGHOST"), Some("a.exemple.fr,b.exemple.fr"));
        assert_eq!((value("PGPORT"), value("PGUSER")), (Some("5433,5434"), Some("u")));
        assert_eq!((value("PGPASSWORD"), value("PGDATABASE")), (Some("secret"), Some("base")));
        assert_eq!((value("PGSSLMODE"), value("PGSSLROOTCERT")), (Some("verify-full"), Some(SYSTEM_ROOTS)));
        assert_eq!(value("PGTARGETSESSIONATTRS"), Some("read-write"));
        assert!(said("postgres://u@127.0.0.1/base").contains(&("PGSSLMODE", "disable".to_owned())));
    }

    #[test]
    fn an_address_that_is_wrong_is_told_without_its_password() {
        for address in ["postgres://u:secret@h:x/b", "postgres://u:secret@h/b?sslrootcert=/nulle/part", "postgres:///b"]
        {
            let refused = Server::parse(address).unwrap_err();
            assert_eq!(refused.id, "config-postgres");
            assert!(!format!("{refused:?}").contains("secret"), "{refused:?}");
        }
        assert!(!format!("{:?}", Server::parse("postgres://u:secret@h/b").unwrap()).contains("secret"));
    }

    /// A database as a release left it is opened, and what people entered is there. A migration
    /// after the first one begins here: the rows of its own release in another file.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_of_the_first_release_keeps_what_people_entered() {
        let name = "a_database_of_the_first_release_keeps_what_people_entered";
        let Some(server) = harness::postgres::Postgres::for_test(name) else { return };
        let server = Server::parse(&server.database("base")).unwrap();
        let mut client = server.pool().unwrap().get().await.unwrap();
        let raw: &mut tokio_postgres::Client = &mut client;
        migrations::migrations::runner().set_target(refinery::Target::Version(1)).run_async(raw).await.unwrap();
        client.batch_execute(include_str!("../tests/first_release.postgres.sql")).await.unwrap();
        let store = PostgresStore::open(&server, Terms::default(), Arc::new(SystemEntropy)).await.unwrap();
        conformance::what_the_first_release_left_is_there(&store).await;
        conformance::it_knows_what_later_releases_do(&store).await;
        client.batch_execute("UPDATE outbox SET claimed_until = NULL").await.unwrap();
        client.batch_execute(conformance::UNKNOWN_WORDS).await.unwrap();
        conformance::unknown_words_are_named(&store).await;
    }
}
