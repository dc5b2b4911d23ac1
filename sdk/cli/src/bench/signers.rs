//! Keys that sign the load: accounts `ORGANISATION/bench-N` of the admin's organisation, with as
//! many keys each as an account may have. The keys follow from the admin's key, so that another run
//! finds them registered.

use anyhow::Context as _;
use countersign_api::method::identity::{GetAccountParams, IdentityGetAccount};
use countersign_api::{At, Read, error::Code};
use countersign_client::{Error, Final, Signer, Unverified};
use countersign_types::hash::sha256;
use countersign_types::limits::ACCOUNT_KEYS_MAX;
use countersign_types::{Account, AccountId, Height, KeyEntry, KeyProof, NativeOperation, Payload, Roles, SecretKey};

/// Signers, registered where they are not yet.
pub async fn register(admin: &Signer, count: u32) -> anyhow::Result<Vec<Signer>> {
    let params = GetAccountParams { key: Some(admin.public()), ..GetAccountParams::default() };
    let Read { data: own, .. } =
        admin.client().unverified().call_again::<IdentityGetAccount>(&params).await?.into_said();
    let keys: Vec<SecretKey> = (0..count).map(|index| key(admin, index)).collect();
    for (number, keys) in keys.chunks(ACCOUNT_KEYS_MAX).enumerate() {
        let id: AccountId = format!("{}/bench-{number}", own.account.id.organisation()).parse()?;
        put(admin, id, keys).await.context("registering the signers needs a key with the admin role")?;
    }
    Ok(keys.into_iter().map(|key| admin.with_key(key)).collect())
}

async fn put(admin: &Signer, id: AccountId, keys: &[SecretKey]) -> Result<(), Error> {
    let params = GetAccountParams { account: Some(id.clone()), key: None, at: At::Final, prove: false };
    let mut known =
        match admin.client().unverified().call_again::<IdentityGetAccount>(&params).await.map(Unverified::into_said) {
            Ok(read) => read.data.account.keys,
            Err(Error::Rpc(error)) if error.kind() == Some(Code::AccountUnknown) => Vec::new(),
            Err(error) => return Err(error),
        };
    let mut proofs = Vec::new();
    for key in keys {
        if known.iter().all(|entry| entry.key != key.public()) {
            known.push(KeyEntry { key: key.public(), valid_from: Height::ZERO, valid_to: None });
            proofs.push(KeyProof::new(key, &admin.chain(), &id));
        }
    }
    if proofs.is_empty() {
        return Ok(());
    }
    let account = Account::new(id, Roles::SUBMITTER, known);
    let _: Final = admin.execute(Payload::Native(NativeOperation::PutAccount { account, proofs }), None).await?;
    Ok(())
}

fn key(admin: &Signer, index: u32) -> SecretKey {
    let mut seed = admin.derive(b"countersign bench").to_vec();
    seed.extend_from_slice(&index.to_le_bytes());
    SecretKey::from_seed(&sha256(&seed))
}
