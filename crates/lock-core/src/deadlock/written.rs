//! How a way out is written: for people with the word first, `{"how": "abort", …}`; on a link without words.
//!
//! Formats without words cannot be asked what comes next, and so cannot read the first form.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::WayOut;
use crate::{Object, TxId};

#[derive(Serialize, Deserialize)]
#[serde(remote = "WayOut", rename_all = "kebab-case", tag = "how")]
enum InWords {
    Surrender { victim: TxId, objects: Vec<Object> },
    Abort { victim: TxId },
    Overtaking { first: TxId, second: TxId },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "WayOut")]
enum OnALink {
    Surrender { victim: TxId, objects: Vec<Object> },
    Abort { victim: TxId },
    Overtaking { first: TxId, second: TxId },
}

impl Serialize for WayOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            InWords::serialize(self, serializer)
        } else {
            OnALink::serialize(self, serializer)
        }
    }
}

impl<'de> Deserialize<'de> for WayOut {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            InWords::deserialize(deserializer)
        } else {
            OnALink::deserialize(deserializer)
        }
    }
}
