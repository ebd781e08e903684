//! What a participant does with what it hears.

use std::sync::Arc;

use lock_core::Token;
use lock_server::{Mail, Mailbox};

use super::asked::Asked;
use super::assembly::News;
use super::merge::Merge;
use super::note::Note;
use super::participant::{Participant, Role};
use super::seat::{Seat, State};
use super::turn::Turn;

impl Seat {
    /// Listens until the node is gone.
    pub(super) async fn listen(self: Arc<Self>, mut mailbox: Mailbox) {
        while let Some(mail) = mailbox.next().await {
            self.hear(mail);
        }
    }

    fn hear(self: &Arc<Self>, mail: Mail) {
        let mut state = self.state();
        match mail {
            // What makes no sense is of a newer version, or a mistake.
            Mail::Letter { note, .. } => Note::read(&note).into_iter().for_each(|note| self.heard(&mut state, note)),
            Mail::NodeUp(node) => self.say_to(&node, &self.here(&state, false)),
            Mail::NodeDown(node) => {
                let news = state.assembly.node_down(&node);
                state.asking.values_mut().for_each(|asking| asking.node_down(&node));
                self.tell_if_any(&mut state, news);
            }
            Mail::Missed => {
                state.assembly.forget_others();
                self.say_to_all(&self.here(&state, true));
                state.turns.tell(Turn::Missed(1));
            }
            _ => {}
        }
        if state.is_outdone(&self.me) {
            self.outdone.notify_one();
        }
    }

    fn tell_if_any(&self, state: &mut State, news: Option<News>) {
        if let Some(news) = news {
            self.tell(state, news);
        }
    }

    fn heard(self: &Arc<Self>, state: &mut State, note: Note) {
        match note {
            Note::Here { who, .. } | Note::Gone { who } if who == self.me => {}
            Note::Here { who, role, leads, seen, asks } => {
                if asks {
                    self.say_to(&who.node, &self.here(state, false));
                }
                let news = state.assembly.here(who, role, leads, seen);
                self.tell_if_any(state, news);
            }
            Note::Gone { who } => {
                let news = state.assembly.gone(&who);
                state.asking.values_mut().for_each(|asking| asking.gone(&who));
                self.tell_if_any(state, news);
            }
            Note::Told { leader, term, body } => {
                if self.follows(state, &leader, term) {
                    state.turns.tell(Turn::Told { by: leader, term, body });
                }
            }
            Note::Asked { leader, term, to, number, body } => {
                let is_meant = to.as_ref().map_or(self.role == Role::Candidate, |to| *to == self.me);
                if is_meant && self.follows(state, &leader, term) {
                    state.turns.tell(Turn::Asked(Asked::new(self.clone(), leader, term, number, body)));
                }
            }
            Note::Answered { who, to, number, body } if to == self.me => {
                if let Some(asking) = state.asking.get_mut(&number) {
                    asking.answered(who, body);
                }
            }
            Note::GaveWay { who, to, term } if to == self.me => self.merge(state, who, term),
            Note::Merges { of, term, .. } if of == self.me && state.owes == Some(term) => state.owes = None,
            Note::Answered { .. } | Note::GaveWay { .. } | Note::Merges { .. } => {}
        }
    }

    /// Somebody speaks as the leader of a term. Whether that counts.
    fn follows(&self, state: &mut State, leader: &Participant, term: Token) -> bool {
        if *leader == self.me {
            return false;
        }
        let Ok(news) = state.assembly.speaks(leader.clone(), term) else { return false };
        self.tell_if_any(state, news);
        true
    }

    /// Somebody who led gave way to this leader: told once a pair of terms.
    fn merge(self: &Arc<Self>, state: &mut State, who: Participant, of: Token) {
        let Some(term) = state.term() else { return };
        let is_known = state.assembly.others().contains_key(&who);
        if is_known && state.merged.insert((who.clone(), of)) {
            state.turns.tell(Turn::Merge(Merge::new(self.clone(), term, who, of)));
        }
    }
}
