//! The chain that a simulated world runs.

use super::checker::Violation;
use super::random::Random;
use countersign_types::{
    Account, DeployPolicy, Genesis, Height, KeyEntry, Organisation, Parameters, Roles, Rules, SecretKey, TimestampMs,
    Validator, ValidatorSet,
};

/// The genesis of a world that begins at `begin_ms`: an organisation with an admin for each validator.
///
/// # Errors
/// If the keys make no validator set.
pub fn genesis(
    keys: &[SecretKey],
    admins: &[SecretKey],
    begin_ms: u64,
    random: &mut Random,
) -> Result<Genesis, Violation> {
    let validators = (0..).zip(keys).map(|(index, key): (u16, _)| Validator {
        organisation: format!("org{index}"),
        key: key.public(),
        network_key: SecretKey::from_seed(&random.bytes()).public(),
    });
    let validators = ValidatorSet::new(validators.collect()).map_err(|error| Violation::new("genesis", error))?;
    let organisations =
        (0..keys.len()).map(|index| Organisation::new(format!("org{index}"), format!("Organisation {index}")));
    let accounts = (0..).zip(admins).map(|(index, key): (u16, _)| Account {
        id: format!("org{index}/admin").parse().expect("a valid account name"),
        roles: Roles::ADMIN.with(Roles::DEPLOYER).with(Roles::SUBMITTER),
        keys: vec![KeyEntry { key: key.public(), valid_from: Height::ZERO, valid_to: None }],
        attributes: std::collections::BTreeMap::new(),
    });
    Ok(Genesis {
        network: "simulation".into(),
        time: TimestampMs(begin_ms - 1_000),
        parameters: Parameters {
            heartbeat_ms: 2_000,
            view_timeout_ms: 400,
            transaction_window_ms: 4 * 3_600_000,
            run_ahead: 2 + random.below(7),
            ..Parameters::default()
        },
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators,
        organisations: organisations.collect(),
        accounts: accounts.collect(),
    })
}
