//! `[retention]` and `[database]`: how much of the past is kept, and what the database may take.

use std::ops::RangeInclusive;
use std::path::Path;

use countersign_ledger::{Keep, Retention, Tuning};
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[retention]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSection {
    /// Default `full`. The other keys change single classes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<RetentionMode>,
    /// Heights of which transactions are kept, or `"all"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bodies: Option<HeightsKept>,
    /// Heights of which receipts and events are kept, or `"all"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipts: Option<HeightsKept>,
    /// Heights of which the whole state is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states: Option<u64>,
}

/// What is kept if nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RetentionMode {
    /// All blocks, and as many states as a node may keep.
    Archive,
    /// All blocks.
    #[default]
    Full,
    /// Blocks of a while.
    Pruned,
}

/// A number of heights, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HeightsKept {
    /// So many.
    Heights(u64),
    /// `"all"`
    All(All),
}

/// The word `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum All {
    /// The word.
    #[serde(rename = "all")]
    All,
}

impl From<HeightsKept> for Keep {
    fn from(kept: HeightsKept) -> Self {
        match kept {
            HeightsKept::Heights(heights) => Self::Heights(heights),
            HeightsKept::All(All::All) => Self::All,
        }
    }
}

/// `[database]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSection {
    /// Default 32 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_cache_bytes: Option<u64>,
    /// Default 64 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_buffer_bytes: Option<u64>,
    /// Default 512.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// Default 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_jobs: Option<u64>,
    /// Default 256 MiB; 0 for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compaction_bytes_per_second: Option<u64>,
}

pub(super) fn retention(file: &RetentionSection, path: &Path) -> Result<Retention, ConfigError> {
    let preset = match file.mode.unwrap_or_default() {
        RetentionMode::Archive => Retention::ARCHIVE,
        RetentionMode::Full => Retention::FULL,
        RetentionMode::Pruned => Retention::PRUNED,
    };
    let kept = |given: Option<HeightsKept>, preset: Keep| given.map_or(preset, Keep::from);
    let (bodies, receipts) = (kept(file.bodies, preset.bodies()), kept(file.receipts, preset.receipts()));
    let states = file.states.unwrap_or(preset.states());
    Retention::new(bodies, receipts, states).map_err(|cause| ConfigError::Value {
        path: path.to_owned(),
        key: "retention",
        cause: cause.to_string(),
    })
}

pub(super) fn database(file: &DatabaseSection, path: &Path) -> Result<Tuning, ConfigError> {
    let within = |key: &'static str, given: Option<u64>, default: u64, range: RangeInclusive<u64>| match given {
        None => Ok(default),
        Some(given) if range.contains(&given) => Ok(given),
        Some(given) => Err(ConfigError::Value {
            path: path.to_owned(),
            key,
            cause: format!("{given} is not from {} to {}", range.start(), range.end()),
        }),
    };
    let default = Tuning::default();
    let pace = file.compaction_bytes_per_second.filter(|pace| *pace > 0);
    Ok(Tuning {
        block_cache_bytes: within(
            "database.block_cache_bytes",
            file.block_cache_bytes,
            default.block_cache_bytes,
            Tuning::BLOCK_CACHE_BYTES,
        )?,
        write_buffer_bytes: within(
            "database.write_buffer_bytes",
            file.write_buffer_bytes,
            default.write_buffer_bytes,
            Tuning::WRITE_BUFFER_BYTES,
        )?,
        open_files: within("database.open_files", file.open_files, default.open_files, Tuning::OPEN_FILES)?,
        background_jobs: within(
            "database.background_jobs",
            file.background_jobs,
            default.background_jobs,
            Tuning::BACKGROUND_JOBS,
        )?,
        compaction_bytes_per_second: match (file.compaction_bytes_per_second, pace) {
            (Some(0), _) => 0,
            (_, pace) => within(
                "database.compaction_bytes_per_second",
                pace,
                default.compaction_bytes_per_second,
                Tuning::COMPACTION_BYTES_PER_SECOND,
            )?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
        toml::from_str(text).unwrap()
    }

    fn kept(text: &str) -> Result<Retention, String> {
        retention(&read(text), Path::new("a.toml")).map_err(|cause| cause.to_string())
    }

    #[test]
    fn modes_are_presets_and_classes_change_them() {
        for (text, expected) in [
            ("", Retention::FULL),
            ("mode = \"archive\"", Retention::ARCHIVE),
            ("mode = \"pruned\"", Retention::PRUNED),
            ("mode = \"full\"\nstates = 16384", Retention::ARCHIVE),
            ("mode = \"pruned\"\nbodies = \"all\"\nreceipts = \"all\"", Retention::FULL),
        ] {
            assert_eq!(kept(text), Ok(expected), "{text}");
        }
        let own = kept("bodies = 5000\nreceipts = 2000").unwrap();
        assert_eq!((own.bodies(), own.receipts()), (Keep::Heights(5_000), Keep::Heights(2_000)));
    }

    #[test]
    fn what_peers_or_the_protocol_need_is_kept() {
        for (text, said) in [
            ("bodies = 10", "10 heights of bodies are not from 1024"),
            ("receipts = 0", "0 heights of receipts"),
            ("states = 127", "127 heights of states are not from 128 to 16384"),
            ("states = 1000000", "1000000 heights of states"),
        ] {
            let refused = kept(text).unwrap_err();
            assert!(refused.contains(said) && refused.contains("retention"), "{refused}");
        }
        assert!(toml::from_str::<RetentionSection>("bodies = \"some\"").is_err());
    }

    #[test]
    fn the_database_stays_within_bounds() {
        let tuned = |text| database(&read(text), Path::new("a.toml")).map_err(|cause| cause.to_string());
        assert_eq!(tuned(""), Ok(Tuning::default()));
        let own = Tuning { open_files: 1_000, compaction_bytes_per_second: 0, ..Tuning::default() };
        assert_eq!(tuned("open_files = 1000\ncompaction_bytes_per_second = 0"), Ok(own));
        for (text, said) in [
            ("block_cache_bytes = 1", "database.block_cache_bytes: 1 is not from 8388608"),
            ("write_buffer_bytes = 0", "database.write_buffer_bytes: 0"),
            ("open_files = 3", "database.open_files: 3 is not from 128"),
            ("background_jobs = 1", "database.background_jobs: 1 is not from 2 to 64"),
            ("compaction_bytes_per_second = 5", "database.compaction_bytes_per_second: 5"),
        ] {
            let refused = tuned(text).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }
}
