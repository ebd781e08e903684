//! Who asks: knows the node to ask, what to show to it, and how long to wait.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use lock_server::{
    Answer, AskError, Credentials, LocksView, NodeView, Question, TransactionView, TransactionsView, WaitsView, Whom,
};
use tokio::runtime::Runtime;

use crate::arguments::AskArguments;
use crate::certificates::read_certificates;
use crate::node::environment::{SECRET, SECRET_FILE, variable};
use crate::secret::read_secret;
use crate::verdict::Trouble;

/// The variable that names the node to ask.
pub(crate) const NODE: &str = "GORDIAN_NODE";

pub(super) struct Asker {
    runtime: Runtime,
    pub(super) whom: Whom,
    credentials: Credentials,
    within: Duration,
}

/// One question to one node; fails also if the answer is one to another question.
macro_rules! question {
    ($(#[$doc:meta])* $name:ident($($with:ident: $kind:ty)?) = $question:expr => $answer:ident($view:ty)) => {
        $(#[$doc])*
        pub(super) fn $name(&self, whom: &Whom $(, $with: $kind)?) -> Result<$view, AskError> {
            match self.ask(whom, &$question)? {
                Answer::$answer(view) => Ok(view),
                _ => Err(answers_something_else(whom)),
            }
        }
    };
}

impl Asker {
    pub(super) fn new(arguments: &AskArguments) -> Result<Self, Trouble> {
        let read = |name: &str| env::var(name).ok().filter(|value: &String| !value.is_empty());
        // What is said here goes before what the environment says.
        let (file, secret) = match &arguments.secret_file {
            Some(file) => (Some(file.clone()), None),
            None => (read(SECRET_FILE).map(PathBuf::from), read(SECRET)),
        };
        let mistaken = |mistake| Trouble::Settings(vec![mistake]);
        let secret = read_secret(file.as_deref(), secret).map_err(mistaken)?.secret;
        let file = |said: &Option<PathBuf>, key| said.clone().or_else(|| read(&variable(key)).map(PathBuf::from));
        let files = [
            file(&arguments.tls_ca, "tls_ca"),
            file(&arguments.tls_certificate, "tls_certificate"),
            file(&arguments.tls_key, "tls_key"),
        ];
        let (tls, _) = read_certificates(&files).map_err(Trouble::Settings)?;
        let whom = arguments.node.clone().or_else(|| read(NODE));
        let whom = whom.unwrap_or_else(|| String::from("127.0.0.1:7400"));
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            whom: whom.parse().unwrap_or_else(|never: std::convert::Infallible| match never {}),
            credentials: Credentials { secret, tls },
            within: Duration::from_millis(arguments.timeout_ms),
        })
    }

    fn ask(&self, whom: &Whom, question: &Question) -> Result<Answer, AskError> {
        self.runtime.block_on(lock_server::ask(whom, &self.credentials, question, self.within))
    }

    question!(node() = Question::Node => Node(NodeView));
    question!(locks(near: Option<lock_core::Object>) = Question::Locks(near) => Locks(LocksView));
    question!(transactions() = Question::Transactions => Transactions(TransactionsView));
    question!(transaction(tx: lock_core::TxId) = Question::Transaction(tx) => Transaction(TransactionView));
    question!(waits(txs: Vec<lock_core::TxId>) = Question::Waits(txs) => Waits(WaitsView));

    /// Asks several nodes how they are, all at the same time.
    pub(super) fn nodes(&self, nodes: &[Whom]) -> Vec<Result<NodeView, AskError>> {
        let asked: Vec<_> = nodes
            .iter()
            .map(|whom| {
                let (whom, credentials, within) = (whom.clone(), self.credentials.clone(), self.within);
                self.runtime.spawn(async move {
                    let answer = lock_server::ask(&whom, &credentials, &Question::Node, within).await?;
                    if let Answer::Node(view) = answer { Ok(view) } else { Err(answers_something_else(&whom)) }
                })
            })
            .collect();
        let join = |asked: tokio::task::JoinHandle<_>| self.runtime.block_on(asked).expect("asking does not panic");
        asked.into_iter().map(join).collect()
    }
}

fn answers_something_else(whom: &Whom) -> AskError {
    AskError::Refused { address: whom.address.clone(), why: String::from("it answers something else") }
}
