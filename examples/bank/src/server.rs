//! A process that serves transfers: an HTTP server with a Gordian node inside.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Args;
use gordian::{ClusterBuilder, Locks, Timing};
use serde::{Deserialize, Serialize};

use crate::Trouble;
use crate::http::Client;
use crate::transfer::{NotMoved, Teller, Transfer};

/// How a server is set up.
#[derive(Args, Clone, Debug)]
pub(crate) struct Settings {
    /// The name of its node
    #[arg(long)]
    pub(crate) name: String,
    /// Where its node listens to the others
    #[arg(long)]
    pub(crate) listen: SocketAddr,
    /// Where it serves transfers
    #[arg(long)]
    pub(crate) http: SocketAddr,
    /// The vault
    #[arg(long)]
    pub(crate) vault: SocketAddr,
    /// Another node, and where it listens: `NAME=HOST:PORT`, once for each
    #[arg(long, value_parser = peer)]
    pub(crate) peer: Vec<(String, String)>,
    /// After so much silence a node is down, in milliseconds
    #[arg(long, default_value_t = 1_000)]
    pub(crate) node_timeout: u64,
    /// Take no locks, to see what they are for
    #[arg(long)]
    pub(crate) careless: bool,
}

fn peer(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').ok_or_else(|| format!("`{text}` is no peer; allowed is NAME=HOST:PORT"))?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

/// How a server stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// Whether it hears all other nodes.
    pub(crate) hears_all: bool,
    /// How many deadlocks ended here.
    pub(crate) deadlocks: u64,
}

impl IntoResponse for NotMoved {
    fn into_response(self) -> Response {
        (StatusCode::CONFLICT, Json(self.to_string())).into_response()
    }
}

/// Serves, until the process is ended.
pub(crate) async fn serve(settings: Settings) -> Result<(), Trouble> {
    let timing = Timing { node_timeout: settings.node_timeout, recovery_timeout: 2 * settings.node_timeout };
    let builder = ClusterBuilder::new(&settings.name).listen(settings.listen.to_string()).timing(timing);
    let builder = settings.peer.iter().fold(builder, |builder, (name, address)| builder.peer(name, address));
    let node = builder.start().await?;
    let nodes = std::iter::once(&settings.name).chain(settings.peer.iter().map(|(name, _)| name)).cloned().collect();
    let teller = Arc::new(Teller {
        locks: Locks::of(node.member()),
        nodes,
        vault: Client::to(settings.vault.to_string()),
        is_careless: settings.careless,
    });
    let routes = Router::new().route("/transfer", post(transfer)).route("/standing", get(standing));
    let listener = tokio::net::TcpListener::bind(settings.http).await?;
    Ok(axum::serve(listener, routes.with_state(teller)).await?)
}

async fn transfer(State(teller): State<Arc<Teller>>, Json(order): Json<Transfer>) -> Result<Json<()>, NotMoved> {
    teller.transfer(&order).await.map(Json)
}

async fn standing(State(teller): State<Arc<Teller>>) -> Json<Standing> {
    let hears_all =
        teller.locks.member().is_some_and(|member| member.presence().borrow().values().all(|peer| peer.is_up));
    Json(Standing { hears_all, deadlocks: teller.locks.statistics().deadlocks })
}
