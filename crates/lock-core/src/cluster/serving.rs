//! The server half: what homes of transactions ask of the tables here.

use super::link::Link;
use super::message::{Held, Message, Request};
use super::node::NodeMachine;
use super::node::Output;
use super::tables::{Tables, remove};
use crate::mutant::{self, Mutant};
use crate::{Ask, Millis, Mode, NodeId, Object, Token, TxId, TxProfile, WaitName};

impl NodeMachine {
    /// Carries out what is asked, and answers how the claims stand now. While the node recovers it
    /// keeps what it is asked, and answers later.
    pub(super) fn serve(
        &mut self,
        tables: &mut dyn Tables,
        home: &NodeId,
        tx: TxId,
        ask: u64,
        request: Request,
        now: Millis,
    ) {
        if !self.may_ask(home, tx, &request) {
            return;
        }
        if self.recovery.is_some() {
            self.stash.push((home.clone(), tx, ask, request));
            *self.stashed.entry(home.clone()).or_default() += 1;
            return;
        }
        let before = granted_now(tables, tx, &request);
        let (named, turned) = match request {
            Request::Claim { profile, claims, wait, own } => {
                self.guests.insert(tx, home.clone());
                (claim(tables, &profile, claims, wait, own, now), false)
            }
            Request::Unlock(objects) => {
                for object in &objects {
                    // Whatever it has or wants: what is gone already needs no answer.
                    let _ = tables.table_of(object).unlock(tx, object);
                }
                (objects, false)
            }
            Request::Withdraw(objects) => {
                for object in &objects {
                    tables.table_of(object).withdraw_wait(tx, object);
                }
                (objects, false)
            }
            Request::Downgrade(object) => {
                let table = tables.table_of(&object);
                if table.standing(tx, &object).granted.is_some() {
                    // The claim is for reading now as a whole: on this node no conversion is left of it.
                    table.withdraw_wait(tx, &object);
                }
                let _ = table.downgrade(tx, &object);
                (vec![object], false)
            }
            Request::Keep(object, mode) => {
                let table = tables.table_of(&object);
                table.withdraw_wait(tx, &object);
                if table.standing(tx, &object).granted.is_some_and(|(granted, _)| granted > mode) {
                    let _ = table.downgrade(tx, &object);
                }
                (vec![object], false)
            }
            Request::Surrender(grants) => {
                for (object, token) in &grants {
                    // A grant that is no longer current is nothing to surrender.
                    let _ = tables.table_of(object).surrender(tx, object, Some(*token), true, now);
                }
                (grants.into_iter().map(|(object, _)| object).collect(), false)
            }
            Request::Turn(pairs) => turn(tables, &pairs),
            Request::End => {
                remove(tables, tx);
                if !mutant::is_on(Mutant::KeepsGuests) {
                    self.guests.remove(&tx);
                }
                return;
            }
        };
        for (object, token) in before {
            self.tell_of_grant(tables, tx, &object, token);
        }
        self.answer(tables, home, tx, ask, named, turned, now);
    }

    /// Whether so much of a node's waits for the end of the recovery that nothing more is taken in.
    pub(super) fn stashes_enough_of(&self, home: &NodeId) -> bool {
        self.stashed.get(home).is_some_and(|stashed| *stashed >= Link::ROOM)
    }

    /// Whether a node may ask this for a transaction: one that lives there, as far as is known here.
    fn may_ask(&self, node: &NodeId, tx: TxId, request: &Request) -> bool {
        let names_it = match request {
            Request::Claim { profile, .. } => profile.tx == tx,
            _ => true,
        };
        names_it && self.home_of(tx).is_none_or(|home| home == *node)
    }

    /// Tells whoever watches this node of a grant, if there is one that was not there before.
    fn tell_of_grant(&mut self, tables: &mut dyn Tables, tx: TxId, object: &Object, before: Option<Token>) {
        let granted = tables.table_of(object).standing(tx, object).granted;
        if let Some((_, token)) = granted.filter(|(_, token)| Some(*token) != before) {
            self.outputs.push(Output::Granted { tx, object: object.clone(), token });
        }
    }

    // What is answered, to whom, and when.
    #[allow(clippy::too_many_arguments)]
    fn answer(
        &mut self,
        tables: &mut dyn Tables,
        home: &NodeId,
        tx: TxId,
        ask: u64,
        objects: Vec<Object>,
        turned: bool,
        now: Millis,
    ) {
        let stands = |object: Object| {
            let standing = tables.table_of(&object).standing(tx, &object);
            (object, standing)
        };
        let claims: Vec<_> = objects.into_iter().map(stands).collect();
        self.gave(claims.iter().filter_map(|(_, standing)| Some(standing.granted?.1)).max());
        self.say(home, Message::Stands { tx, ask, claims, turned }, now);
        self.forget_guest_without_claims(tables, tx);
    }

    fn forget_guest_without_claims(&mut self, tables: &mut dyn Tables, tx: TxId) {
        let mut claims = 0;
        tables.each(&mut |table| claims += table.claim_count(tx));
        if claims == 0 {
            self.guests.remove(&tx);
        }
    }

    /// The transactions of a peer do not believe in their grants here any more, if they live at all.
    pub(super) fn free_guests_of(&mut self, tables: &mut dyn Tables, peer: &NodeId) {
        self.stash.retain(|(home, ..)| home != peer);
        self.stashed.remove(peer);
        let theirs: Vec<TxId> = self.guests.iter().filter(|(_, home)| *home == peer).map(|(tx, _)| *tx).collect();
        for tx in theirs {
            remove(tables, tx);
            self.guests.remove(&tx);
        }
    }

    /// Takes back what transactions of a peer hold here, as they believe, and answers what of it stands.
    pub(super) fn take_back(
        &mut self,
        tables: &mut dyn Tables,
        peer: &NodeId,
        held: Vec<Held>,
        more: bool,
        now: Millis,
    ) {
        let guests = &self.guests;
        self.taken_back.retain(|_, tx| guests.contains_key(tx));
        for Held { profile, object, mode, token } in held {
            if self.may_hold(peer, profile.tx, token)
                && tables.table_of(&object).restore(&profile, &object, mode, token)
            {
                self.guests.insert(profile.tx, peer.clone());
                self.taken_back.insert(token, profile.tx);
                self.follow(tables, token);
            }
            let claims = vec![(object.clone(), tables.table_of(&object).standing(profile.tx, &object))];
            self.say(peer, Message::Stands { tx: profile.tx, ask: 0, claims, turned: false }, now);
        }
        if !more {
            self.not_waited_for(tables, peer, now);
        }
    }

    /// Whether a transaction of a peer may have a grant of an earlier incarnation with this token: one that lives
    /// there, as far as is known, and a token that is nobody else's. While the node recovers it has given none itself.
    fn may_hold(&self, peer: &NodeId, tx: TxId, token: Token) -> bool {
        let is_old = token > Token(0) && (self.recovery.is_some() || token <= self.old);
        is_old && !self.taken_back.contains_key(&token) && self.home_of(tx).is_none_or(|home| home == *peer)
    }

    /// After a start, this peer has told all that there is to tell.
    pub(super) fn not_waited_for(&mut self, tables: &mut dyn Tables, peer: &NodeId, now: Millis) {
        if let Some((waited_for, _)) = &mut self.recovery {
            waited_for.remove(peer);
            self.recover_in_time(tables, now);
        }
    }

    /// Ends the recovery when everybody has told what they hold, or when it has lasted long enough.
    pub(super) fn recover_in_time(&mut self, tables: &mut dyn Tables, now: Millis) {
        let over = |(waited_for, until): &mut (std::collections::BTreeSet<NodeId>, Millis)| {
            waited_for.is_empty() || *until <= now
        };
        if self.recovery.as_mut().is_some_and(over) {
            self.recovery = None;
            self.old = self.old.max(self.me.newest);
            self.stashed.clear();
            for (home, tx, ask, request) in std::mem::take(&mut self.stash) {
                self.serve(tables, &home, tx, ask, request, now);
                self.work(tables, now);
            }
        }
    }
}

/// The tokens of what a claim may change, before it does. Whatever is granted later is told as a fact.
fn granted_now(tables: &mut dyn Tables, tx: TxId, request: &Request) -> Vec<(Object, Option<Token>)> {
    let objects: Vec<&Object> = match request {
        Request::Claim { claims, .. } => claims.iter().map(|(object, _)| object).collect(),
        _ => Vec::new(),
    };
    let mut token = |object: &Object| tables.table_of(object).standing(tx, object).granted.map(|(_, token)| token);
    objects
        .into_iter()
        .cloned()
        .map(|object| {
            let token = token(&object);
            (object, token)
        })
        .collect()
}

/// Claims in one step; without waiting, all or nothing.
fn claim(
    tables: &mut dyn Tables,
    profile: &TxProfile,
    claims: Vec<(Object, Mode)>,
    wait: bool,
    own: bool,
    now: Millis,
) -> Vec<Object> {
    let mut may_have = |(object, mode): &(Object, Mode)| {
        let covered = !own && claims.iter().any(|(above, has)| above.is_ancestor_of(object) && has.covers(*mode));
        covered || tables.table_of(object).would_grant(profile.tx, object, *mode)
    };
    let all = wait || claims.iter().all(&mut may_have);
    let ask = Ask { wait: true, tell: false };
    for (object, mode) in claims.iter().filter(|_| all) {
        let table = tables.table_of(object);
        let asked = if own {
            table.request_own(profile, object, *mode, ask, now)
        } else {
            table.request(profile, object, *mode, ask, || now)
        };
        debug_assert!(asked.is_ok(), "only who does not wait is refused");
    }
    claims.into_iter().map(|(object, _)| object).collect()
}

/// The pairs of one shard are turned in one step; gives the objects of those who went first.
fn turn(tables: &mut dyn Tables, pairs: &[(WaitName, WaitName)]) -> (Vec<Object>, bool) {
    let mut turned = false;
    for pair in pairs {
        turned |= tables.table_of(&pair.0.object).turn_named(std::slice::from_ref(pair));
    }
    (pairs.iter().map(|(first, _)| first.object.clone()).collect(), turned)
}
