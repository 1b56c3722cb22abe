//! Answers one browser, on this machine, for as long as it prints.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, task::JoinHandle};

use super::job::Pages;

#[derive(Clone)]
struct Answers {
    host: HeaderValue,
    pages: Arc<Pages>,
}

/// The server, which stops when it is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(pages: Arc<Pages>) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let host = HeaderValue::try_from(address.to_string()).map_err(io::Error::other)?;
        let router = Router::new().fallback(answer).with_state(Answers { host, pages });
        let task = tokio::spawn(async move {
            // It only ends with the runtime.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, task })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Only what is asked under this very address: a page of another site that resolves to this machine
/// gets nothing, and the browser, whose proxy this server is for every other address, gets nowhere.
async fn answer(State(answers): State<Answers>, method: Method, headers: HeaderMap, uri: Uri) -> Response {
    if headers.get(header::HOST) != Some(&answers.host) || uri.host().is_some_and(|host| *host != *"127.0.0.1") {
        return StatusCode::FORBIDDEN.into_response();
    }
    if method != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Ok(path) = percent_encoding::percent_decode_str(uri.path()).decode_utf8() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = path.into_owned();
    // A page may take a while to make, and is not made of waiting.
    let page = tokio::task::spawn_blocking(move || (answers.pages)(&path)).await;
    let Ok(page) = page else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    // With a body: in place of an empty page, a browser shows one of its own, which never finishes
    // loading for who drives it.
    let Some((kind, bytes)) = page else { return (StatusCode::NOT_FOUND, "404").into_response() };
    let mut response = bytes.into_response();
    if let Ok(kind) = HeaderValue::try_from(kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    // All sheets share their styles and fonts.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=600"));
    response
}
