//! Where the secret of a cluster is kept: in a file of its own, or in the environment; never in a flag, which everybody on the
//! machine can read.

use std::path::Path;

use lock_server::Secret;

/// A secret that was found, or none.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) secret: Option<Secret>,
    /// What is not wise about where it was.
    pub(crate) warning: Option<String>,
}

/// The secret that a file or a variable holds. Spaces and line ends around it do not count.
///
/// # Errors
/// What is wrong, beginning with the setting.
pub(crate) fn read_secret(file: Option<&Path>, variable: Option<String>) -> Result<Found, String> {
    match (file, variable) {
        (Some(_), Some(_)) => {
            Err(String::from("secret_file: the secret is in GORDIAN_SECRET as well; take one of them away"))
        }
        (None, None) => Ok(Found { secret: None, warning: None }),
        (None, Some(text)) => Ok(Found { secret: Some(long_enough(&text, "secret: GORDIAN_SECRET")?), warning: None }),
        (Some(path), None) => {
            let shown = path.display();
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("secret_file: `{shown}` cannot be read: {error}"))?;
            let secret = long_enough(&text, &format!("secret_file: `{shown}`"))?;
            let warning =
                is_open(path).then(|| format!("others on this machine may read the secret in {shown}: chmod 600 it"));
            Ok(Found { secret: Some(secret), warning })
        }
    }
}

fn long_enough(text: &str, place: &str) -> Result<Secret, String> {
    let (text, least) = (text.trim(), Secret::SHORTEST);
    Secret::new(text).ok_or_else(|| format!("{place} has {} bytes; {least} at least are allowed", text.len()))
}

/// Whether others on this machine may read a file.
#[cfg(unix)]
pub(crate) fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_open(_: &Path) -> bool {
    false
}
