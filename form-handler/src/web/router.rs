//! Which address is whose.

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use tower_http::compression::CompressionLayer;

use super::{
    app::App,
    headers,
    public::{come_back, find_again, follow_up, form, links, machines, short, static_files},
    reply,
    team::{burst, calls, confirm, date, minimum},
    trace,
};

/// Every route.
pub fn router(app: Arc<App>) -> Router {
    let files = Router::new().fallback(get(static_files::serve)).layer(CompressionLayer::new());
    Router::new()
        .route("/inscription", post(form::submit).get(form::without_slash))
        // Compressed, unlike the other answers of the server: it repeats nothing that was
        // typed, and its `envoi` key is drawn anew at each rendering.
        .route("/inscription/", get(form::show).layer(CompressionLayer::new()))
        .route("/inscription/retrouver", get(find_again::without_slash).post(find_again::ask))
        .route("/inscription/retrouver/", get(find_again::show).post(find_again::ask))
        .route("/inscription/suivi/{token}", get(follow_up::show).post(follow_up::act))
        .route("/inscription/suivi/{token}/agenda.ics", get(follow_up::calendar))
        .route("/inscription/revenir/{token}", get(come_back::show).post(come_back::come_back))
        .route("/inscription/annuler-autres/{token}", get(links::show_others).post(links::cancel_others))
        .route("/inscription/fusion/{token}", get(links::show_merge).post(links::merge))
        .route("/equipe/seance/{token}", get(minimum::show).post(minimum::decide))
        .route("/equipe/date/{token}", get(date::show).post(date::accept))
        .route("/equipe/rafale/{token}", get(burst::show).post(burst::answer))
        .route("/equipe/appels/{token}", get(calls::show).post(calls::made))
        .route("/equipe/a-confirmer/{token}", get(confirm::show).post(confirm::settle))
        .route("/s/{id}", get(short::lead))
        .route("/s/{id}/", get(short::lead))
        .route("/s/{id}/{origin}", get(short::lead_from))
        .route("/s/{id}/{origin}/", get(short::lead_from))
        .route("/api/seances", get(machines::sessions))
        .route("/sante", get(machines::health))
        .merge(files)
        .layer(middleware::from_fn(trace::name))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), reply::explain))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), headers::add))
        .with_state(app)
}
