//! How a node ends: all that talks for it is told, and whoever ends it may wait until the last word is said.

use std::sync::Arc;

use tokio::sync::watch;

/// How far a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Stays,
    /// It says to its peers that it goes.
    Leaves,
    /// It says nothing any more.
    Stopped,
}

/// What has come of waiting for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// There is time for a last word.
    Leave,
    /// There is none.
    Stop,
}

/// Shared by all that talks for one node.
#[derive(Clone, Debug, Default)]
pub(super) struct Ending(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    stage: watch::Sender<Stage>,
    /// How many streams there are to peers.
    talking: watch::Sender<usize>,
}

/// A stream to a peer, as long as it lives.
pub(super) struct Talking(Ending);

impl Drop for Talking {
    fn drop(&mut self) {
        self.0.0.talking.send_modify(|talking| *talking -= 1);
    }
}

impl Ending {
    /// There is one more stream to a peer: it is waited for at the end.
    pub(super) fn talking(&self) -> Talking {
        self.0.talking.send_modify(|talking| *talking += 1);
        Talking(self.clone())
    }

    /// Comes back when the node ends.
    pub(super) async fn end(&self) -> End {
        let mut stage = self.0.stage.subscribe();
        match stage.wait_for(|stage| *stage != Stage::Stays).await.map(|stage| *stage) {
            Ok(Stage::Leaves) => End::Leave,
            _ => End::Stop,
        }
    }

    /// Comes back when the node says nothing any more.
    pub(super) async fn stopped(&self) {
        // An error would mean that nobody is there to stop it.
        let _ = self.0.stage.subscribe().wait_for(|stage| *stage == Stage::Stopped).await;
    }

    pub(super) fn is_near(&self) -> bool {
        *self.0.stage.borrow() != Stage::Stays
    }

    /// Lets every stream to a peer say goodbye, and comes back when all have.
    pub(super) async fn leave(&self) {
        self.0.stage.send_replace(Stage::Leaves);
        // An error would mean that nobody is there who talks.
        let _ = self.0.talking.subscribe().wait_for(|talking| *talking == 0).await;
    }

    pub(super) fn stop(&self) {
        self.0.stage.send_replace(Stage::Stopped);
    }
}
