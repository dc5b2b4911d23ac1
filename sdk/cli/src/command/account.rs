//! `countersign account`.

use crate::arguments::{Account as Command, NamedKey};
use crate::command::governance::Agreed;
use crate::command::trace::verified_as_of;
use crate::failure::Usage;
use crate::output::{Output, facts, table};
use crate::session::Session;
use countersign_api::error::Code;
use countersign_api::method::identity::{GetAccountParams, Identity, IdentityGetAccount};
use countersign_api::{At, Read};
use countersign_client::{Auditor, Error, Unverified};
use countersign_types::{Account, AccountId, Height, KeyEntry, KeyProof, NativeOperation, Payload, PublicKey, Roles};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Show { account } => show(account, session, output).await,
        Command::Put { account, roles, keys, attributes, at } => {
            put(account, roles, (keys, attributes.into_iter().collect(), at), session, output).await
        }
    }
}

async fn show(account: Option<AccountId>, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    if let Some(auditor) = session.auditor()? {
        let id = account.ok_or_else(|| Usage("name the account, to verify what the ledger says of it".to_owned()))?;
        return verified(&id, &auditor, output).await;
    }
    let key = if account.is_none() { Some(session.key()?.public()) } else { None };
    let params = GetAccountParams { account, key, ..GetAccountParams::default() };
    let read = session.client()?.unverified().call_again::<IdentityGetAccount>(&params).await?.into_said();
    output.show(&read, human)?;
    Ok(ExitCode::SUCCESS)
}

async fn verified(id: &AccountId, auditor: &Auditor, output: Output) -> anyhow::Result<ExitCode> {
    let verified = auditor.account(id, At::Final).await?;
    let told = json!({
        "data": verified.data(), "height": verified.height(), "blockHash": verified.block(), "basis": verified.basis(),
    });
    output.show(&told, |_| {
        let about = match verified.data() {
            Some(account) => {
                format!("{}\n{}", facts([("account", id.to_string()), ("roles", roles(account))]), keys(account))
            }
            None => format!("There is no account {id}."),
        };
        format!("{about}\n{}", facts(verified_as_of(&verified)))
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn put(
    id: AccountId,
    roles: Vec<String>,
    (keys, attributes, at): (Vec<NamedKey>, BTreeMap<String, String>, Option<Height>),
    session: &Session,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let roles: Roles = serde_json::from_value(json!(roles)).map_err(|error| Usage(error.to_string()))?;
    let signer = session.signer().await?;
    let params = GetAccountParams { account: Some(id.clone()), ..GetAccountParams::default() };
    let (known, height) =
        match signer.client().unverified().call_again::<IdentityGetAccount>(&params).await.map(Unverified::into_said) {
            Ok(Read { data, height, .. }) => (data.account.keys, height),
            Err(Error::Rpc(error)) if error.kind() == Some(Code::AccountUnknown) => (Vec::new(), Height::ZERO),
            Err(error) => return Err(error.into()),
        };
    let height = at.unwrap_or(height);
    let proofs = proofs(&id, &known, &keys)?;
    let named: Vec<PublicKey> = keys.into_iter().map(|named| named.key).collect();
    let account = Account { id, roles, keys: merged(known, &named, height), attributes };
    let operation = NativeOperation::PutAccount { account: account.clone(), proofs };
    let done = signer.execute(Payload::Native(operation), None).await?;
    let agreed = Agreed::of(&done)?;
    let told = json!({
        "account": account, "at": height, "told": agreed.told, "transaction": done.receipt.transaction, "height": done.receipt.height,
    });
    output.show(&told, |_| {
        facts([
            ("account", account.id.to_string()),
            ("roles", account.roles.names().collect::<Vec<_>>().join(", ")),
            ("keys", account.keys.len().to_string()),
            ("state", agreed.words()),
            ("keys change at", format!("{height} (--at)")),
            ("transaction", format!("{} in block {}", done.receipt.transaction, done.receipt.height)),
        ])
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The proofs of the keys that the account does not have yet.
fn proofs(id: &AccountId, known: &[KeyEntry], named: &[NamedKey]) -> Result<Vec<KeyProof>, Usage> {
    let fresh = named.iter().filter(|named| known.iter().all(|entry| entry.key != named.key));
    let proof = |named: &NamedKey| {
        let unproven = || {
            let key = named.key;
            Usage(format!("{key} is new: its holder runs `countersign key prove {id}`, then name it as KEY:PROOF"))
        };
        Ok(KeyProof { key: named.key, signature: named.proof.ok_or_else(unproven)? })
    };
    fresh.map(proof).collect()
}

/// Keys that stay keep their times, keys not named end at `height`, new ones begin there.
fn merged(known: Vec<KeyEntry>, named: &[PublicKey], height: Height) -> Vec<KeyEntry> {
    let fresh: Vec<PublicKey> =
        named.iter().filter(|key| known.iter().all(|entry| entry.key != **key)).copied().collect();
    let kept = known.into_iter().map(|entry| {
        let open = entry.valid_to.is_none_or(|end| end > height);
        match (named.contains(&entry.key), open) {
            (true, _) => KeyEntry { valid_to: None, ..entry },
            (false, true) => KeyEntry { valid_to: Some(height.next()), ..entry },
            (false, false) => entry,
        }
    });
    kept.chain(fresh.into_iter().map(|key| KeyEntry { key, valid_from: height, valid_to: None })).collect()
}

fn human(read: &Read<Identity>) -> String {
    let Identity { account, organisation } = &read.data;
    let gln = organisation.gln.as_ref().map(|gln| format!(", GLN {gln}")).unwrap_or_default();
    let about = facts([
        ("account", account.id.to_string()),
        ("organisation", format!("{}{gln}", organisation.name)),
        ("roles", roles(account)),
    ]);
    format!("{about}\n{}", keys(account))
}

fn roles(account: &Account) -> String {
    account.roles.names().collect::<Vec<_>>().join(", ")
}

fn keys(account: &Account) -> String {
    let until = |end: Option<Height>| end.map_or("–".to_owned(), |end| end.to_string());
    let rows = account
        .keys
        .iter()
        .map(|entry| vec![entry.key.to_string(), entry.valid_from.to_string(), until(entry.valid_to)]);
    table(&["key", "from height", "to height"], rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn entry(key: u8, from: u64, to: Option<u64>) -> KeyEntry {
        KeyEntry { key: PublicKey([key; 32]), valid_from: Height(from), valid_to: to.map(Height) }
    }

    #[test]
    fn keys_named_stay_others_end_and_new_ones_begin() {
        let known = vec![entry(1, 0, None), entry(2, 0, None), entry(3, 0, Some(5)), entry(4, 1, Some(90))];
        let named = [PublicKey([1; 32]), PublicKey([4; 32]), PublicKey([9; 32])];
        let expected =
            vec![entry(1, 0, None), entry(2, 0, Some(51)), entry(3, 0, Some(5)), entry(4, 1, None), entry(9, 50, None)];
        assert_eq!(merged(known, &named, Height(50)), expected);
    }

    #[test]
    fn new_keys_need_a_proof_and_known_ones_do_not() {
        let id: AccountId = "acme/gate".parse().unwrap();
        let named = |key: u8, proof: Option<u8>| NamedKey {
            key: PublicKey([key; 32]),
            proof: proof.map(|byte| countersign_types::Signature([byte; 64])),
        };
        let known = [entry(1, 0, None)];
        let found = proofs(&id, &known, &[named(1, None), named(2, Some(7))]).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].key, PublicKey([2; 32]));
        assert!(proofs(&id, &known, &[named(2, None)]).unwrap_err().0.contains("key prove acme/gate"));
    }

    #[test]
    fn roles_are_words() {
        let roles: Roles = serde_json::from_value(json!(["admin", "device"])).unwrap();
        assert_eq!(roles, Roles::ADMIN.with(Roles::DEVICE));
        assert!(serde_json::from_value::<Roles>(json!(["owner"])).is_err());
    }
}
