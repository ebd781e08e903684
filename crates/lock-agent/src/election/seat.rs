//! One participant's seat: what it knows, whether it leads, and what it says to the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lock_core::{LetterKind, NodeId, Object, Token};
use lock_server::Mailbox;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, mpsc};

use super::asking::Asking;
use super::assembly::{Assembly, News};
use super::error::SayError;
use super::note::Note;
use super::participant::{Participant, Role};
use super::post::Post;
use super::turn::Turn;
use crate::Guard;
use crate::slow_reader::SlowReader;

/// How many turns may wait to be read.
const BUFFER: usize = 256;

/// Shared by the handle of a participant, the task that listens for it, and, if it is a candidate, the one that stands.
pub(super) struct Seat {
    pub(super) me: Participant,
    pub(super) role: Role,
    pub(super) election: Object,
    pub(super) post: Post,
    /// Two may lead at a time, on two sides of a split: what the one did that gives way is to be merged.
    pub(super) may_be_split: bool,
    state: Mutex<State>,
    /// Somebody has seen a newer term than that in which this one leads.
    pub(super) outdone: Notify,
}

pub(super) struct State {
    pub(super) assembly: Assembly,
    leading: Option<(Guard, Token)>,
    /// It led in this term, gave way, and nobody has merged what it did.
    pub(super) owes: Option<Token>,
    /// Whose terms were given to this leader to merge.
    pub(super) merged: BTreeSet<(Participant, Token)>,
    pub(super) asking: BTreeMap<u64, Asking>,
    pub(super) asked: u64,
    pub(super) turns: SlowReader<Turn>,
    is_gone: bool,
}

impl Seat {
    /// Takes a seat: it listens from now on, and the others are told.
    pub(super) fn take(
        election: &Object,
        post: Post,
        role: Role,
        may_be_split: bool,
    ) -> (Arc<Self>, Mailbox, mpsc::Receiver<Turn>) {
        let me = Participant { node: post.node(), number: post.number() };
        let mailbox = post.open(election);
        let (turns, receiver) = SlowReader::new(BUFFER, Turn::Missed);
        let state = State {
            assembly: Assembly::new(me.clone()),
            leading: None,
            owes: None,
            merged: BTreeSet::new(),
            asking: BTreeMap::new(),
            asked: 0,
            turns,
            is_gone: false,
        };
        let (election, state, outdone) = (election.clone(), Mutex::new(state), Notify::new());
        let seat = Arc::new(Self { me, role, election, post, may_be_split, state, outdone });
        seat.say_to_all(&seat.here(&seat.state.lock(), true));
        (seat, mailbox, receiver)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// That it takes part, as things stand.
    pub(super) fn here(&self, state: &State, asks: bool) -> Note {
        let leads = state.term();
        let seen = state.assembly.seen().cloned();
        Note::Here { who: self.me.clone(), role: self.role, leads, seen, asks }
    }

    pub(super) fn say_to_all(&self, what: &Note) {
        let said = self.post.to_all(&self.election, LetterKind::State, &what.written());
        self.note_failure(said);
    }

    pub(super) fn say_to(&self, node: &NodeId, what: &Note) {
        let said = self.post.to(node, &self.election, LetterKind::State, &what.written());
        self.note_failure(said);
    }

    fn note_failure(&self, said: Result<(), lock_core::PostError>) {
        if let Err(error) = said {
            tracing::warn!(election = %self.election, participant = %self.me, "the others are not told: {error}");
        }
    }

    /// It has the lock, and this is its term. Gives whether it leads.
    pub(super) fn elected(&self, guard: &Guard, term: Token) -> bool {
        let mut state = self.state.lock();
        if state.is_gone || state.is_old(term) || !guard.is_unbroken() {
            return false;
        }
        state.leading = Some((guard.clone(), term));
        state.assembly.elected(term);
        (state.owes, state.merged) = (None, BTreeSet::new());
        self.say_to_all(&self.here(&state, false));
        state.turns.tell(Turn::Elected { term });
        true
    }

    /// It leads no more.
    pub(super) fn deposed(&self, turn: impl FnOnce(Token) -> Turn) {
        let mut state = self.state.lock();
        let Some((_, term)) = state.leading.take() else { return };
        state.owes = self.may_be_split.then_some(term);
        state.asking.values_mut().for_each(Asking::give_up);
        self.say_to_all(&self.here(&state, false));
        state.turns.tell(turn(term));
        if let Some(leader) = state.assembly.leader().cloned() {
            self.tell(&mut state, News::Led(leader));
        }
    }

    /// Tells what is new to one who follows. A leader follows nobody; should another one have a newer term, it gives
    /// way first.
    pub(super) fn tell(&self, state: &mut State, news: News) {
        if state.leading.is_some() {
            return;
        }
        match news {
            News::Led((term, by)) => {
                if let Some(term) = state.owes {
                    let gave_way = Note::GaveWay { who: self.me.clone(), to: by.clone(), term };
                    self.say_to(&by.node, &gave_way);
                }
                state.turns.tell(Turn::Led { by, term });
            }
            News::Unled(term) => {
                // Who leads in a term that it took for old has to hear of the newer one.
                self.say_to_all(&self.here(state, false));
                state.turns.tell(Turn::Unled { term });
            }
        }
    }

    /// Whether somebody has seen a newer term than that in which it leads.
    pub(super) fn is_outdone(&self) -> bool {
        self.state.lock().is_outdone(&self.me)
    }

    /// Whether somebody has seen that term, or a newer one: it is none to lead in.
    pub(super) fn is_old(&self, term: Token) -> bool {
        self.state.lock().is_old(term)
    }

    /// Its term, if it leads now.
    pub(super) fn term(&self) -> Option<Token> {
        self.state.lock().term()
    }

    /// # Errors
    /// If that term is over.
    pub(super) fn leads_in(&self, state: &State, term: Token) -> Result<(), SayError> {
        (state.term() == Some(term))
            .then_some(())
            .ok_or_else(|| SayError::NotLeading { election: self.election.clone(), term })
    }

    /// It takes part no more.
    pub(super) fn leave(&self) {
        let mut state = self.state.lock();
        if !std::mem::replace(&mut state.is_gone, true) {
            state.leading = None;
            state.asking.values_mut().for_each(Asking::give_up);
            self.say_to_all(&Note::Gone { who: self.me.clone() });
        }
    }
}

impl State {
    /// Its term, if it leads at this moment: nobody else can have been elected since that began.
    pub(super) fn term(&self) -> Option<Token> {
        let (guard, term) = self.leading.as_ref()?;
        guard.is_unbroken().then_some(*term)
    }

    fn is_old(&self, term: Token) -> bool {
        self.assembly.newest().is_some_and(|(newest, _)| *newest >= term)
    }

    pub(super) fn is_outdone(&self, me: &Participant) -> bool {
        let own = self.leading.as_ref().map(|(_, term)| (*term, me));
        let newest = self.assembly.newest().map(|(term, who)| (*term, who));
        own.is_some() && newest > own
    }
}
