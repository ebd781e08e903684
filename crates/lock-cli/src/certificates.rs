//! Where certificates and their key are kept: in three files.

use std::path::{Path, PathBuf};

use lock_server::Tls;

/// The settings that name the files: of the authority, of the own certificate, and of its key.
pub(crate) const FILES: [&str; 3] = ["tls_ca", "tls_certificate", "tls_key"];

/// The certificates in three files, and what is not wise about them. Nothing, if none of the files is named.
///
/// # Errors
/// What is wrong, each beginning with the setting.
pub(crate) fn read_certificates(files: &[Option<PathBuf>; 3]) -> Result<(Option<Tls>, Option<String>), Vec<String>> {
    if files.iter().all(Option::is_none) {
        return Ok((None, None));
    }
    let mut mistakes = Vec::new();
    let mut texts = FILES.iter().zip(files).map(|(setting, file)| {
        let text = read(setting, file.as_deref());
        text.unwrap_or_else(|mistake| {
            mistakes.push(mistake);
            Vec::new()
        })
    });
    let [authority, certificate, key] = [texts.next(), texts.next(), texts.next()].map(Option::unwrap_or_default);
    drop(texts);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let tls = Tls::new(authority, certificate, key).map_err(|error| error.0)?;
    let open = files[2].as_deref().filter(|file| crate::secret::is_open(file));
    let warning =
        open.map(|file| format!("others on this machine may read the key in {0}: chmod 600 it", file.display()));
    Ok((Some(tls), warning))
}

fn read(setting: &str, file: Option<&Path>) -> Result<Vec<u8>, String> {
    let Some(file) = file else {
        return Err(format!("{setting}: it is missing; {} go together", FILES.join(", ")));
    };
    std::fs::read(file).map_err(|error| format!("{setting}: `{}` cannot be read: {error}", file.display()))
}
