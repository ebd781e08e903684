//! What one participant knows of the others: who takes part, and who leads.

use std::collections::BTreeMap;

use lock_core::{NodeId, Token};

use super::participant::{Participant, Role};

/// A term, and whose it is. Later terms are larger; of two that were counted to the same number on two sides of a split, one
/// is taken for the later by all.
pub(super) type Term = (Token, Participant);

/// What changed for one who follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    Led(Term),
    Unled(Token),
}

/// Pure: what is heard goes in, what is new comes out.
#[derive(Debug)]
pub(super) struct Assembly {
    me: Participant,
    others: BTreeMap<Participant, Role>,
    /// The newest term in which somebody was seen to lead, oneself perhaps.
    seen: Option<Term>,
    /// Whether that one leads still, if it is another one.
    is_led: bool,
    /// The newest term that anybody was heard to have seen.
    newest: Option<Term>,
}

impl Assembly {
    /// How many others are kept in mind; who comes beyond may take part, but is not counted on.
    const MOST: usize = 4_096;

    pub(super) fn new(me: Participant) -> Self {
        Self { me, others: BTreeMap::new(), seen: None, is_led: false, newest: None }
    }

    pub(super) fn others(&self) -> &BTreeMap<Participant, Role> {
        &self.others
    }

    pub(super) fn candidates(&self) -> impl Iterator<Item = &Participant> {
        self.others.iter().filter(|(_, role)| **role == Role::Candidate).map(|(other, _)| other)
    }

    pub(super) fn leader(&self) -> Option<&Term> {
        self.seen.as_ref().filter(|_| self.is_led)
    }

    pub(super) fn seen(&self) -> Option<&Term> {
        self.seen.as_ref()
    }

    /// A new term has to be larger than this.
    pub(super) fn newest(&self) -> Option<&Term> {
        self.newest.as_ref()
    }

    /// Somebody says that it takes part, perhaps as the leader of a term, and what it has seen.
    pub(super) fn here(
        &mut self,
        who: Participant,
        role: Role,
        leads: Option<Token>,
        seen: Option<Term>,
    ) -> Option<News> {
        if self.others.len() < Self::MOST || self.others.contains_key(&who) {
            self.others.insert(who.clone(), role);
        }
        self.newest = self.newest.take().max(seen);
        match leads {
            Some(term) => self.speaks(who, term).ok().flatten(),
            None => self.leads_no_more(&who),
        }
    }

    /// Somebody speaks as the leader of a term.
    ///
    /// # Errors
    /// If a newer term was seen: nothing that it says counts.
    pub(super) fn speaks(&mut self, who: Participant, term: Token) -> Result<Option<News>, Outdated> {
        let term = (term, who);
        if self.seen.as_ref().is_some_and(|seen| *seen > term) {
            return Err(Outdated);
        }
        let is_known = self.is_led && self.seen.as_ref() == Some(&term);
        self.is_led = true;
        self.newest = self.newest.take().max(Some(term.clone()));
        self.seen = Some(term.clone());
        Ok((!is_known).then_some(News::Led(term)))
    }

    pub(super) fn gone(&mut self, who: &Participant) -> Option<News> {
        self.others.remove(who);
        self.leads_no_more(who)
    }

    pub(super) fn node_down(&mut self, node: &NodeId) -> Option<News> {
        let is_there = |who: &Participant| who.node != *node || who.node == self.me.node;
        self.others.retain(|other, _| is_there(other));
        let gone = self.leader().map(|(_, who)| who.clone()).filter(|who| !is_there(who));
        gone.and_then(|who| self.leads_no_more(&who))
    }

    /// Nothing is known of the others any more.
    pub(super) fn forget_others(&mut self) {
        self.others.clear();
    }

    /// It leads itself, from now on.
    pub(super) fn elected(&mut self, term: Token) {
        self.seen = Some((term, self.me.clone()));
        self.newest = self.newest.take().max(self.seen.clone());
        self.is_led = false;
    }

    fn leads_no_more(&mut self, who: &Participant) -> Option<News> {
        let (term, _) = self.leader().filter(|(_, leader)| leader == who)?;
        let term = *term;
        self.is_led = false;
        Some(News::Unled(term))
    }
}

/// A newer term was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outdated;

#[cfg(test)]
mod tests {
    use super::*;

    fn who(node: &str) -> Participant {
        Participant { node: NodeId::new(node), number: 1 }
    }

    #[test]
    fn what_an_older_leader_says_does_not_count_after_a_newer_one_was_seen() {
        let mut assembly = Assembly::new(who("n1"));
        assert_eq!(assembly.speaks(who("n2"), Token(5)), Ok(Some(News::Led((Token(5), who("n2"))))));
        assert_eq!(assembly.speaks(who("n3"), Token(7)), Ok(Some(News::Led((Token(7), who("n3"))))));
        assert_eq!(assembly.speaks(who("n2"), Token(5)), Err(Outdated));
        assert_eq!(assembly.node_down(&NodeId::new("n2")), None, "it did not lead any more");
        assert_eq!(assembly.node_down(&NodeId::new("n3")), Some(News::Unled(Token(7))));
        assert_eq!(assembly.speaks(who("n2"), Token(5)), Err(Outdated), "gone or not");
    }

    #[test]
    fn a_leader_is_told_once_until_it_was_gone() {
        let mut assembly = Assembly::new(who("n1"));
        let led = Some(News::Led((Token(5), who("n2"))));
        assert_eq!(assembly.here(who("n2"), Role::Candidate, Some(Token(5)), None), led);
        assert_eq!(assembly.here(who("n2"), Role::Candidate, Some(Token(5)), None), None);
        assert_eq!(assembly.gone(&who("n2")), Some(News::Unled(Token(5))));
        assert_eq!(assembly.here(who("n2"), Role::Candidate, Some(Token(5)), None), led);
    }

    #[test]
    fn what_others_have_seen_is_known_without_following_it() {
        let mut assembly = Assembly::new(who("n1"));
        let seen = (Token(9), who("n3"));
        assert_eq!(assembly.here(who("n2"), Role::Worker, None, Some(seen.clone())), None);
        assert_eq!((assembly.leader(), assembly.newest()), (None, Some(&seen)));
        assert_eq!(assembly.candidates().count(), 0);
    }
}
