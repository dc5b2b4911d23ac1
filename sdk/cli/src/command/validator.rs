//! `countersign validator`.

use crate::arguments::{Asked, Validator as Command};
use crate::command::governance::propose;
use crate::failure::Usage;
use crate::output::{Output, facts, table};
use crate::session::Session;
use countersign_api::NoParams;
use countersign_api::method::chain::{ChainInfo, Info};
use countersign_types::{Measure, Validator, ValidatorSet};
use serde_json::json;
use std::process::ExitCode;

pub async fn run(command: Command, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    if matches!(command, Command::List) {
        let info = session.client()?.unverified().call_again::<ChainInfo>(&NoParams {}).await?.into_said().data;
        output.show(&json!({ "epoch": info.epoch, "validators": info.validators }), |_| human(&info))?;
        return Ok(ExitCode::SUCCESS);
    }
    let signer = session.signer().await?;
    let info = signer.client().unverified().call_again::<ChainInfo>(&NoParams {}).await?.into_said().data;
    let (validators, asked) = sets(command, &info.validators)?;
    propose(&signer, Measure::Validators { epoch: info.epoch, validators }, &asked, output).await?;
    Ok(ExitCode::SUCCESS)
}

/// The set to ask for. The same command gives every organisation the same one.
fn sets(command: Command, members: &[Validator]) -> Result<(ValidatorSet, Asked), Usage> {
    let mut next = members.to_vec();
    let asked = match command {
        Command::List => Asked::default(),
        Command::Add { organisation, validator_key, network_key, asked } => {
            next.push(Validator { organisation, key: validator_key, network_key });
            asked
        }
        Command::Remove { validator, asked } => {
            let named = find(&validator, members)?;
            next.retain(|member| *member != named);
            asked
        }
        Command::Replace { validator, organisation, validator_key, network_key, asked } => {
            let named = find(&validator, members)?;
            for member in next.iter_mut().filter(|member| **member == named) {
                member.organisation = organisation.clone().unwrap_or_else(|| named.organisation.clone());
                member.key = validator_key.unwrap_or(named.key);
                member.network_key = network_key.unwrap_or(named.network_key);
            }
            asked
        }
    };
    let set = |members| ValidatorSet::new(members).map_err(|error| Usage(error.to_string()));
    let (current, next) = (set(members.to_vec())?, set(next)?);
    current.check_next(&next).map_err(|error| Usage(error.to_string()))?;
    Ok((next, asked))
}

/// The validator that a key, or the id of an organisation, names.
fn find(name: &str, members: &[Validator]) -> Result<Validator, Usage> {
    let is_named = |member: &&Validator| member.organisation == name || Ok(member.key) == name.parse();
    let mut named = members.iter().filter(is_named);
    match (named.next(), named.next()) {
        (Some(only), None) => Ok(only.clone()),
        (None, _) => {
            Err(Usage(format!("no validator is of `{name}` or has that key; see `countersign validator list`")))
        }
        (Some(_), Some(_)) => Err(Usage(format!("{name} runs several validators: name one by its validator key"))),
    }
}

fn human(info: &Info) -> String {
    let rows = (0u16..).zip(&info.validators).map(|(index, member)| {
        vec![index.to_string(), member.organisation.clone(), member.key.to_string(), member.network_key.to_string()]
    });
    let about = facts([
        ("epoch", info.epoch.to_string()),
        ("validators", format!("a quorum is {}, {} may be faulty", info.quorum, info.faulty_max)),
    ]);
    format!("{about}\n{}", table(&["validator", "organisation", "validator key", "network key"], rows))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use countersign_types::{PublicKey, SecretKey};

    fn key(number: u8) -> PublicKey {
        SecretKey::from_seed(&[number; 32]).public()
    }

    fn member(organisation: &str, number: u8) -> Validator {
        Validator { organisation: organisation.into(), key: key(number), network_key: key(number + 100) }
    }

    fn four() -> Vec<Validator> {
        vec![member("a", 1), member("b", 2), member("c", 3), member("c", 4)]
    }

    fn voted(command: Command) -> Result<Vec<Validator>, String> {
        sets(command, &four()).map(|(next, _)| next.members().to_vec()).map_err(|error| error.0)
    }

    #[test]
    fn one_joins_one_is_replaced_and_keys_rotate() {
        let add = Command::Add {
            organisation: "d".into(),
            validator_key: key(5),
            network_key: key(105),
            asked: Asked::default(),
        };
        assert_eq!(voted(add).unwrap(), [four(), vec![member("d", 5)]].concat());
        let replace = |validator: &str, validator_key, network_key| Command::Replace {
            validator: validator.into(),
            organisation: None,
            validator_key,
            network_key,
            asked: Asked::default(),
        };
        let rotated = voted(replace("b", Some(key(9)), None)).unwrap();
        assert_eq!(rotated.get(1).unwrap().key, key(9));
        assert_eq!(rotated.get(1).unwrap().network_key, key(102));
        let by_key = voted(replace(&key(4).to_string(), None, Some(key(9)))).unwrap();
        assert_eq!(by_key.get(3).unwrap().network_key, key(9));
    }

    #[test]
    fn what_the_chain_would_refuse_is_refused_at_once() {
        let remove = |validator: &str| voted(Command::Remove { validator: validator.into(), asked: Asked::default() });
        assert!(remove("a").unwrap_err().contains("needs four"));
        assert!(remove("c").unwrap_err().contains("several"));
        assert!(remove("z").unwrap_err().contains("no validator"));
        let twice = Command::Add {
            organisation: "d".into(),
            validator_key: key(1),
            network_key: key(105),
            asked: Asked::default(),
        };
        assert!(voted(twice).unwrap_err().contains("repeated"));
    }
}
