//! A token that grows over nodes.
//!
//! Each node counts for itself, so the tokens of one majority may all be smaller than those of an earlier one. A fence is
//! larger than anything that enough of the granting nodes have counted, and enough of them do not count below it any more before
//! anybody is told. Whoever comes next has a grant of one of these.

use std::collections::BTreeMap;

use lock_core::{Mode, NodeId, Object, Token};
use tokio::task::JoinSet;

use super::Far;

impl Far {
    /// A token larger than all that this has given before to claims of the object, and than another one.
    pub(crate) async fn fence(&self, object: &Object, mode: Mode, least: Token) -> Option<Token> {
        let own = self.tenure(object, mode)?.token;
        if own > least && self.member.has_growing_tokens(self.tx, object) {
            return Some(own);
        }
        let granted = self.member.granted(self.tx, object, mode);
        let fence = self.ask_enough(&granted, object, mode, least).await?;
        self.ask_enough(&granted, object, mode, fence).await?;
        Some(fence)
    }

    /// The largest of the next tokens, above that one, of enough of the nodes that grant a claim from before to after.
    async fn ask_enough(
        &self,
        granted: &BTreeMap<NodeId, Token>,
        object: &Object,
        mode: Mode,
        above: Token,
    ) -> Option<Token> {
        let mut asked = JoinSet::new();
        for node in granted.keys() {
            let (member, node, object) = (self.member.clone(), node.clone(), object.clone());
            asked.spawn(async move {
                let token = member.raise(&node, &object, above).await;
                (node, token)
            });
        }
        let (mut answered, mut largest) = (BTreeMap::new(), above);
        while let Some(answer) = asked.join_next().await {
            let Ok((node, Some(token))) = answer else { continue };
            if token > above {
                largest = largest.max(token);
                answered.extend(granted.get_key_value(&node).map(|(node, token)| (node.clone(), *token)));
            }
            if self.member.are_enough(self.tx, object, mode, &answered) {
                return Some(largest);
            }
        }
        None
    }
}
