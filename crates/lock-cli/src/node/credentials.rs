//! What the settings say of the secret and of certificates.

use std::path::PathBuf;

use lock_server::Credentials;

use super::environment::{Lookup, SECRET};
use super::given::{AllGiven, Key, Source};
use crate::certificates::{FILES, read_certificates};
use crate::secret::{Found, read_secret};

impl AllGiven {
    /// The secret and the certificates; what is wrong with them, and what is not wise.
    pub(super) fn credentials(&self, lookup: Lookup<'_>) -> (Credentials, Vec<String>, Vec<String>) {
        let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
        let file = self.path("secret_file");
        let secret = read_secret(file.as_deref(), lookup(SECRET).filter(|secret| !secret.is_empty()));
        let secret = secret.unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            Found { secret: None, warning: None }
        });
        warnings.extend(secret.warning);
        let tls = read_certificates(&FILES.map(|file| self.path(file))).unwrap_or_else(|wrong| {
            mistakes.extend(wrong);
            (None, None)
        });
        warnings.extend(tls.1);
        (Credentials { secret: secret.secret, tls: tls.0 }, mistakes, warnings)
    }

    /// A path that was given. In a file, it is meant from where that file is.
    fn path(&self, key: Key) -> Option<PathBuf> {
        let given = self.values.get(key)?;
        let path = PathBuf::from(&given.value);
        Some(match &given.source {
            Source::File(settings) => settings.parent().map_or(path.clone(), |folder| folder.join(&path)),
            _ => path,
        })
    }
}

/// What keeps strangers out, for people.
pub(super) fn told(credentials: &Credentials) -> &'static str {
    match (&credentials.secret, &credentials.tls) {
        (None, None) => "without a secret",
        (Some(_), None) => "with a secret",
        (None, Some(_)) => "with certificates",
        (Some(_), Some(_)) => "with certificates and a secret",
    }
}
