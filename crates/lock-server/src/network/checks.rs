//! What is wrong with the settings of a node, all of it at once.

use std::net::{SocketAddr, ToSocketAddrs};

use lock_core::{NodeId, Timing};

use super::builder::ClusterBuilder;
use super::tls;
use crate::cluster::number_of;

impl ClusterBuilder {
    /// Everything that is wrong with the settings: each text begins with the setting, and says what is allowed.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.wrong_names();
        let mut wrong = |mistake: String| mistakes.push(mistake);
        if let Err(why) = self.check_address(&self.listen, true) {
            wrong(format!("listen: {why}"));
        }
        for (peer, address) in &self.peers {
            if let Err(why) = self.check_address(address, false) {
                wrong(format!("peers.{peer}: {why}"));
            }
        }
        let Timing { node_timeout, recovery_timeout } = self.timing;
        if !(Self::SHORTEST_TIMEOUT..=Self::LONGEST_TIMEOUT).contains(&node_timeout) {
            let (least, most) = (Self::SHORTEST_TIMEOUT, Self::LONGEST_TIMEOUT);
            wrong(format!("node_timeout: it is {node_timeout} ms; {least} to {most} ms are allowed"));
        }
        if recovery_timeout > Self::LONGEST_TIMEOUT {
            let most = Self::LONGEST_TIMEOUT;
            wrong(format!("recovery_timeout: it is {recovery_timeout} ms; up to {most} ms are allowed"));
        }
        if self.max_claims == 0 {
            wrong(String::from("max_claims: it is 0; it must be 1 at least"));
        }
        let (patience, most) = (self.handshake_timeout.as_millis(), u128::from(Self::LONGEST_TIMEOUT));
        if !(10..=most).contains(&patience) {
            wrong(format!("handshake_timeout: it is {patience} ms; 10 to {most} ms are allowed"));
        }
        if let Some(Err(why)) = self.credentials.tls.as_ref().map(|tls| tls.check(&self.name)) {
            wrong(format!("tls_certificate: {why}"));
        }
        mistakes
    }

    fn wrong_names(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let own = ("name", &self.name);
        let names: Vec<(&str, &String)> =
            std::iter::once(own).chain(self.peers.keys().map(|peer| ("peers", peer))).collect();
        for (at, (setting, one)) in names.iter().enumerate() {
            if one.is_empty() || one.len() > 64 || one.chars().any(|char| char.is_whitespace() || ",=".contains(char)) {
                let allowed = "1 to 64 characters, none of them a space, a comma or an equals sign";
                mistakes.push(format!("{setting}: `{one}` is no name of a node; allowed are {allowed}"));
            }
            if let (Some(_), Err(why)) = (&self.credentials.tls, tls::name(one)) {
                mistakes.push(format!("{setting}: {why}"));
            }
            let twin = names[..at].iter().find(|(_, other)| other != one && same_number(other, one));
            if let Some((_, twin)) = twin {
                mistakes.push(format!(
                    "{setting}: `{twin}` and `{one}` would give transactions the same ids; call one of them otherwise"
                ));
            }
        }
        if self.peers.contains_key(&self.name) {
            mistakes.push(format!("peers: `{}` is named as a peer of itself", self.name));
        }
        mistakes
    }

    /// Whether an address may be listened at or dialed. With a secret or certificates, the name of a peer need not be known yet.
    fn check_address(&self, address: &str, is_own: bool) -> Result<(), String> {
        let is_one = address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| is_own || port > 0));
        if !is_one {
            return Err(format!("`{address}` is no address; allowed is HOST:PORT, such as 127.0.0.1:7400"));
        }
        if !is_own && !self.credentials.are_none() {
            return Ok(());
        }
        match address.to_socket_addrs().map(Iterator::collect::<Vec<SocketAddr>>) {
            Err(error) => Err(format!("`{address}` leads nowhere: {error}")),
            Ok(found) if self.credentials.are_none() && found.iter().any(|found| !found.ip().is_loopback()) => {
                Err(format!(
                    "`{address}` is not on loopback; without a secret or certificates nodes listen and dial there only"
                ))
            }
            Ok(_) => Ok(()),
        }
    }
}

fn same_number(one: &str, other: &str) -> bool {
    number_of(&NodeId::new(one)) == number_of(&NodeId::new(other))
}
