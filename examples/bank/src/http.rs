//! JSON over HTTP: what one process asks another.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Somebody who can be asked.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    address: String,
    http: hyper_util::client::legacy::Client<HttpConnector, Body>,
}

/// Why there is no good answer.
#[derive(Debug, Error)]
pub(crate) enum Failed<R> {
    /// It was refused: nothing has happened.
    #[error("{0}")]
    Refused(R),
    /// Nobody knows whether it has happened.
    #[error("{address} does not answer: {why}")]
    Silent { address: String, why: String },
}

impl Client {
    /// Whoever listens at that address: `HOST:PORT`.
    pub(crate) fn to(address: impl Into<String>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
        Self { address: address.into(), http }
    }

    pub(crate) async fn post<T: DeserializeOwned, R: DeserializeOwned>(
        &self,
        path: &str,
        what: &impl Serialize,
    ) -> Result<T, Failed<R>> {
        let body = serde_json::to_vec(what).map_err(|error| self.silent(&error))?;
        self.ask(Method::POST, path, body).await
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failed<String>> {
        self.ask(Method::GET, path, Vec::new()).await
    }

    async fn ask<T: DeserializeOwned, R: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, Failed<R>> {
        let talk = tokio::time::timeout(PATIENCE, self.talk(method, path, body)).await;
        let (status, answer) = talk.map_err(|error| self.silent(&error))?.map_err(|error| self.silent(&error))?;
        if status.is_success() {
            serde_json::from_slice(&answer).map_err(|error| self.silent(&error))
        } else if status == StatusCode::CONFLICT {
            Err(serde_json::from_slice(&answer).map_or_else(|error| self.silent(&error), Failed::Refused))
        } else {
            Err(self.silent(&String::from_utf8_lossy(&answer)))
        }
    }

    async fn talk(&self, method: Method, path: &str, body: Vec<u8>) -> Result<(StatusCode, Bytes), crate::Trouble> {
        let request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        let request = request.header("content-type", "application/json").body(Body::from(body))?;
        let answer = self.http.request(request).await?;
        Ok((answer.status(), answer.into_body().collect().await?.to_bytes()))
    }

    fn silent<R>(&self, why: &(impl ToString + ?Sized)) -> Failed<R> {
        Failed::Silent { address: self.address.clone(), why: why.to_string() }
    }
}
