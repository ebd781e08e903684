//! Who asks: knows the node to ask, the secret, and how long to wait.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use lock_server::{
    Answer, AskError, LocksView, NodeView, Question, Secret, TransactionView, TransactionsView, WaitsView,
};
use tokio::runtime::Runtime;

use crate::arguments::AskArguments;
use crate::node::environment::{SECRET, SECRET_FILE};
use crate::secret::read_secret;
use crate::verdict::Trouble;

/// The variable that names the node to ask.
pub(crate) const NODE: &str = "GORDIAN_NODE";

pub(super) struct Asker {
    runtime: Runtime,
    pub(super) address: String,
    secret: Option<Secret>,
    within: Duration,
}

/// One question to one node; fails also if the answer is one to another question.
macro_rules! question {
    ($(#[$doc:meta])* $name:ident($($with:ident: $kind:ty)?) = $question:expr => $answer:ident($view:ty)) => {
        $(#[$doc])*
        pub(super) fn $name(&self, address: &str $(, $with: $kind)?) -> Result<$view, AskError> {
            match self.ask(address, &$question)? {
                Answer::$answer(view) => Ok(view),
                _ => Err(AskError::Refused { address: address.to_owned(), why: String::from("it answers something else") }),
            }
        }
    };
}

impl Asker {
    pub(super) fn new(arguments: &AskArguments) -> Result<Self, Trouble> {
        let variable = |name| env::var(name).ok().filter(|value: &String| !value.is_empty());
        // What is said here goes before what the environment says.
        let (file, secret) = match &arguments.secret_file {
            Some(file) => (Some(file.clone()), None),
            None => (variable(SECRET_FILE).map(PathBuf::from), variable(SECRET)),
        };
        let secret = read_secret(file.as_deref(), secret).map_err(Trouble::Secret)?.secret;
        let address = arguments.node.clone().or_else(|| variable(NODE));
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            address: address.unwrap_or_else(|| String::from("127.0.0.1:7400")),
            secret,
            within: Duration::from_millis(arguments.timeout_ms),
        })
    }

    fn ask(&self, address: &str, question: &Question) -> Result<Answer, AskError> {
        self.runtime.block_on(lock_server::ask(address, self.secret.as_ref(), question, self.within))
    }

    question!(node() = Question::Node => Node(NodeView));
    question!(locks(near: Option<lock_core::Object>) = Question::Locks(near) => Locks(LocksView));
    question!(transactions() = Question::Transactions => Transactions(TransactionsView));
    question!(transaction(tx: lock_core::TxId) = Question::Transaction(tx) => Transaction(TransactionView));
    question!(waits(txs: Vec<lock_core::TxId>) = Question::Waits(txs) => Waits(WaitsView));

    /// Asks several nodes how they are, all at the same time.
    pub(super) fn nodes(&self, addresses: &[String]) -> Vec<Result<NodeView, AskError>> {
        let asked: Vec<_> = addresses
            .iter()
            .map(|address| {
                let (address, secret, within) = (address.clone(), self.secret.clone(), self.within);
                self.runtime.spawn(async move {
                    match lock_server::ask(&address, secret.as_ref(), &Question::Node, within).await? {
                        Answer::Node(view) => Ok(view),
                        _ => Err(AskError::Refused { address, why: String::from("it answers something else") }),
                    }
                })
            })
            .collect();
        let join = |asked: tokio::task::JoinHandle<_>| self.runtime.block_on(asked).expect("asking does not panic");
        asked.into_iter().map(join).collect()
    }
}
