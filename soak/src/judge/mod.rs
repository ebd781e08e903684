//! What must hold, whatever befalls the cluster: counters behind fencing tokens lose nothing, and no two clients believe at
//! the same time in locks that exclude each other.

mod believed;
mod counters;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::telling::{Answer, Done, Said};
use believed::Believed;
use counters::Counters;

/// How many of the things said last are shown when a promise is broken.
const SHOWN: usize = 200;

/// Hears everybody.
#[derive(Default)]
pub(crate) struct Judge(Mutex<Heard>);

#[derive(Default)]
struct Heard {
    counters: Counters,
    believed: Believed,
    done: BTreeMap<Done, u64>,
    broken: Vec<String>,
    last: VecDeque<Said>,
}

impl Judge {
    /// Listens at a socket file as long as the runtime lives.
    ///
    /// # Errors
    /// If there can be no such file.
    pub(crate) fn listen(path: &Path) -> std::io::Result<Arc<Self>> {
        let (judge, listener) = (Arc::new(Self::default()), UnixListener::bind(path)?);
        let hears = judge.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(hears.clone().hear(client));
            }
        });
        Ok(judge)
    }

    /// Hears one client out. What a killed process has sent is still read.
    async fn hear(self: Arc<Self>, client: UnixStream) {
        let (read, mut out) = client.into_split();
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            // A process that is killed may leave half a line.
            let Ok(said) = serde_json::from_str(&line) else { return };
            let Some(answer) = self.take(said) else { continue };
            let Ok(mut line) = serde_json::to_vec(&answer) else { return };
            line.push(b'\n');
            if out.write_all(&line).await.is_err() {
                return;
            }
        }
    }

    fn take(&self, said: Said) -> Option<Answer> {
        let mut heard = self.0.lock();
        heard.last.push_back(said.clone());
        if heard.last.len() > SHOWN {
            heard.last.pop_front();
        }
        let asks = matches!(said, Said::Read { .. } | Said::Write { .. });
        let answer = match said {
            Said::Held(held) => heard.believed.add(held).map(|()| None),
            Said::Read { object, token } => Ok(Some(heard.counters.read(&object, token))),
            Said::Write { object, token, value } => heard.counters.write(&object, token, value).map(Some),
            Said::Done(done) => {
                *heard.done.entry(done).or_default() += 1;
                Ok(None)
            }
            Said::Broken(why) => Err(why),
        };
        answer.unwrap_or_else(|why| {
            heard.tell_broken(why);
            asks.then_some(Answer::TooOld)
        })
    }

    /// Something is wrong that no client told of.
    pub(crate) fn broken(&self, why: String) {
        self.0.lock().tell_broken(why);
    }

    /// What is broken, so far.
    pub(crate) fn verdict(&self) -> Vec<String> {
        self.0.lock().broken.clone()
    }

    /// How many transactions ended in which way.
    pub(crate) fn done(&self) -> BTreeMap<Done, u64> {
        self.0.lock().done.clone()
    }

    /// How many counters were raised how often, and how many times of belief were compared.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let heard = self.0.lock();
        (heard.counters.total(), heard.believed.total())
    }
}

impl Heard {
    fn tell_broken(&mut self, why: String) {
        eprintln!("BROKEN: {why}");
        if self.broken.is_empty() {
            eprintln!("what was said last, oldest first:");
            self.last.iter().for_each(|said| eprintln!("  {said:?}"));
        }
        self.broken.push(why);
    }
}
