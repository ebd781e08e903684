//! Asking: what stands between a call and the tables.

use std::sync::Arc;

use lock_core::{Answer, Ask, Claim, ClaimChange, ClaimError, Mode, Object, Require, Token, join};
use lock_server::RequestError;

use super::Here;
use crate::TryError;
use crate::shared::{Mark, Shared};

/// What a claim came to, for a call that waits for the answer.
pub(super) enum Asked {
    /// The caller has it, and was told.
    Received(Token),
    /// It waits, or earlier claims do.
    Waits(Answer),
}

impl Here {
    /// Claims an object for a call that waits for the answer.
    pub(super) fn ask(&self, object: &Object, mode: Mode) -> Result<Asked, ClaimError> {
        // Decided once: a grant that is told is received, whatever other calls begin to wait for meanwhile.
        let waits_for_earlier = self.shared.may_wait();
        let answer = self.request(object, mode, Ask { wait: true, tell: !waits_for_earlier })?;
        Ok(match answer {
            Answer::Granted { token, .. } if !waits_for_earlier => {
                self.keep(object, &answer);
                Asked::Received(token)
            }
            _ => Asked::Waits(answer),
        })
    }

    /// Claims one plain object. Nothing but the shard is touched if it can be had at once.
    pub(super) fn request(&self, object: &Object, mode: Mode, ask: Ask) -> Result<Answer, ClaimError> {
        let shared = &self.shared;
        if shared.is_plain()
            && shared.has_room_for(1)
            && let Ok(answer) = shared.node().request(shared, object, mode, ask)
        {
            self.note(&answer);
            return Ok(answer);
        }
        let requested = self.request_many(vec![Claim::new(object.clone(), mode)], ask.tell)?;
        let (_, _, answer) = requested.into_iter().next().expect("one claim, one answer");
        Ok(answer)
    }

    /// Claims many objects in one step; objects named twice are joined.
    pub(super) fn request_many(
        &self,
        claims: Vec<Claim>,
        tell: bool,
    ) -> Result<Vec<(Object, Mode, Answer)>, ClaimError> {
        self.admit(&claims)?;
        let joined = join(claims.into_iter().map(|claim| (claim.object, claim.mode)));
        if joined.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.shared.node().now();
        let in_time = self.shared.machine(|machine| machine.may_wait(now));
        let ask = Ask { wait: in_time.is_ok(), tell };
        let answers = self.ask_again_after_failure(|shared| shared.node().request_all(shared, &joined, ask));
        let answers = match answers {
            Ok(answers) => answers,
            Err(TryError::Claim(error)) => return Err(error),
            Err(TryError::Refused(_) | TryError::Asked { .. } | TryError::Elsewhere { .. }) => {
                in_time?;
                unreachable!("who may wait is not refused, and a node alone asks no other");
            }
        };
        answers.iter().for_each(|answer| self.note(answer));
        Ok(joined.into_iter().zip(answers).map(|((object, mode), answer)| (object, mode, answer)).collect())
    }

    /// Whether these may be claimed, all of them or none.
    pub(super) fn admit(&self, claims: &[Claim]) -> Result<(), ClaimError> {
        let shared = &self.shared;
        let more = u32::try_from(claims.len()).unwrap_or(u32::MAX);
        if !shared.has_room_for(more) {
            shared.machine(|machine| machine.running())?;
            return Err(ClaimError::TooManyClaims { tx: shared.tx, limit: shared.node().max_claims() });
        }
        let has_conditions = shared.machine(|machine| machine.running().map(|()| machine.has_conditions()))?;
        let is_plain = |claim: &Claim| claim.nodes.is_empty() && claim.require == Require::All;
        if !has_conditions && claims.iter().all(is_plain) {
            return Ok(());
        }
        let home = shared.node().name().clone();
        claims.iter().for_each(|claim| self.forget_conditions_of_what_is_gone(claim));
        for (index, claim) in claims.iter().enumerate() {
            // The machine knows the conditions of claims that are not plain; of plain ones only the table knows.
            let is_claimed = claim.require != Require::All && shared.node().claim(shared.tx, &claim.object).is_some();
            let there = std::slice::from_ref(&home);
            if let Err(error) = shared.machine(|machine| machine.admit(claim, &home, there, is_claimed)) {
                // Nothing is half done: what was noted for those before is forgotten again.
                claims[..index].iter().for_each(|claim| self.forget_conditions_of_what_is_gone(claim));
                return Err(error);
            }
        }
        if shared.machine(|machine| machine.has_conditions()) {
            shared.mark(Mark::AskMachine);
        }
        Ok(())
    }

    /// Claims go in many ways (given back, withdrawn, covered, lost), so their conditions are only believed if
    /// the table knows the claim.
    fn forget_conditions_of_what_is_gone(&self, claim: &Claim) {
        let shared = &self.shared;
        if shared.machine(|machine| machine.has_conditions()) && shared.node().claim(shared.tx, &claim.object).is_none()
        {
            shared.machine(|machine| machine.gave_back(&claim.object));
        }
    }

    /// Asks; if the transaction was stopped because the node failed, learns of it and asks once more.
    pub(super) fn ask_again_after_failure<T>(
        &self,
        mut ask: impl FnMut(&Arc<Shared>) -> Result<T, RequestError>,
    ) -> Result<T, TryError> {
        loop {
            match ask(&self.shared) {
                Ok(answer) => return Ok(answer),
                Err(RequestError::Refused(refused)) => return Err(refused.into()),
                Err(RequestError::Stopped(_)) => self.shared.catch_up()?,
            }
        }
    }

    pub(super) fn note(&self, answer: &Answer) {
        match answer {
            Answer::Granted { change, .. } => {
                self.count(*change);
                self.shared.tell_agent(|| crate::agent::AgentMessage::LookAtStatus);
            }
            Answer::Waiting(change) => {
                self.count(*change);
                self.shared.began_to_wait();
                self.shared.tell_agent(|| crate::agent::AgentMessage::LookAtStatus);
            }
        }
    }

    pub(super) fn count(&self, change: ClaimChange) {
        if change == ClaimChange::New {
            self.shared.count_claim();
        }
    }

    /// Waits for all that was claimed, and gives the tokens of these.
    pub(super) async fn wait_for(&self, wanted: &[(Object, Mode)]) -> Result<Vec<Token>, ClaimError> {
        let shared = &self.shared;
        loop {
            shared.wait_for_all().await?;
            let token =
                |(object, mode): &(Object, Mode)| shared.node().token(shared.tx, object, *mode, shared.incarnation());
            if let Some(tokens) = wanted.iter().map(token).collect() {
                return Ok(tokens);
            }
            // Surrendered or lost again, because another call of this transaction waits? Or withdrawn by one?
            shared.catch_up()?;
            let gone = |(object, mode): &&(Object, Mode)| {
                shared.node().claim(shared.tx, object).is_none_or(|claim| claim.wanted.max(claim.granted) < Some(*mode))
            };
            if let Some((object, _)) = wanted.iter().filter(|wish| token(wish).is_none()).find(gone) {
                return Err(ClaimError::Withdrawn { tx: shared.tx, object: object.clone() });
            }
        }
    }

    /// What a caller was told of is not taken back when another call that waits for it is dropped.
    pub(super) fn keep(&self, object: &Object, answer: &Answer) {
        let (Answer::Granted { change, .. } | Answer::Waiting(change)) = answer;
        if *change != ClaimChange::New {
            self.shared.interests.keep(object);
        }
    }
}
