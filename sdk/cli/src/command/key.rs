//! `countersign key`.

use crate::arguments::Key;
use crate::output::{Output, facts, say};
use crate::session::Session;
use countersign_client::{Error, keyfile};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub fn run(command: Key, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let (path, key) = match command {
        Key::New { file } => {
            let path = file.map_or_else(|| session.key_path(), Ok)?;
            make_parent(&path)?;
            let key = keyfile::generate().map_err(Error::from)?;
            keyfile::create(&path, &key).map_err(Error::from)?;
            say(
                "The key file is your account: keep it secret and keep a copy. An admin of your organisation registers the public key with `countersign account put`.",
            );
            (path, key)
        }
        Key::Show { file } => {
            let path = file.map_or_else(|| session.key_path(), Ok)?;
            let key = keyfile::load(&path).map_err(Error::from)?;
            (path, key)
        }
    };
    let public = key.public().to_string();
    output.show(&json!({ "file": path, "public": public }), |_| {
        facts([("file", path.display().to_string()), ("public", public)])
    })?;
    Ok(ExitCode::SUCCESS)
}

fn make_parent(path: &Path) -> anyhow::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => Ok(std::fs::create_dir_all(parent)?),
        None => Ok(()),
    }
}
