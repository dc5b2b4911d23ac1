//! `countersign key`.

use crate::arguments::Key;
use crate::output::{Output, facts, say};
use crate::session::Session;
use countersign_api::NoParams;
use countersign_api::method::chain::ChainInfo;
use countersign_client::{Error, keyfile};
use countersign_types::{AccountId, Hash, KeyProof};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub async fn run(command: Key, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let (path, key) = match command {
        Key::New { file } => {
            let path = file.map_or_else(|| session.key_path(), Ok)?;
            make_parent(&path)?;
            let key = keyfile::generate().map_err(Error::from)?;
            keyfile::create(&path, &key).map_err(Error::from)?;
            say(
                "The key file is your account: keep it secret and keep a copy. An admin of your organisation registers it with `countersign account put`; make the proof for that with `countersign key prove`.",
            );
            (path, key)
        }
        Key::Prove { account, file, chain } => return prove(&account, file, chain, session, output).await,
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

async fn prove(
    account: &AccountId,
    file: Option<PathBuf>,
    chain: Option<Hash>,
    session: &Session,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let path = file.map_or_else(|| session.key_path(), Ok)?;
    let key = keyfile::load(&path).map_err(Error::from)?;
    let chain = match chain {
        Some(chain) => chain,
        None => session.client()?.unverified().call_again::<ChainInfo>(&NoParams {}).await?.into_said().data.chain,
    };
    let KeyProof { key, signature } = KeyProof::new(&key, &chain, account);
    let told = json!({ "account": account, "chain": chain, "public": key, "proof": signature });
    output.show(&told, |_| format!("{key}:{signature}"))?;
    Ok(ExitCode::SUCCESS)
}

fn make_parent(path: &Path) -> anyhow::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => Ok(std::fs::create_dir_all(parent)?),
        None => Ok(()),
    }
}
