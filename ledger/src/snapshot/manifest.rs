//! The manifest: everything of a snapshot but the pieces, provable to whoever has the genesis.

use super::checked::{ShownEpoch, Snapshot};
use super::cut;
use super::error::SnapshotError;
use super::layout::{Layout, LogStart};
use super::{FORMAT, Piece, Shelf};
use crate::error::LedgerError;
use crate::limits::{SNAPSHOT_MANIFEST_BYTES_MAX, SNAPSHOT_MANIFEST_PIECE_BYTES};
use crate::reader::Reader;
use crate::store::Store;
use crate::tip::Tip;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::certificate::BadCertificate;
use countersign_types::epoch::BadEpochEnd;
use countersign_types::overrides::{self, BadOverride};
use countersign_types::range::Range;
use countersign_types::{
    Certificate, DecodeError, Epoch, EpochEnd, ExecutionResult, Genesis, Hash, Header, Height, KnownEpoch, Phase,
    SignedOverride, codec,
};

/// A manifest. Doubtful until [`Manifest::verify`].
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Which pieces there are.
    pub layout: Layout,
    /// The ends of all epochs up to the height, in order.
    pub epochs: Vec<EpochLink>,
    /// The range over the results of all heights before the carried blocks.
    pub range: Range,
    /// The last [`carried_blocks`] blocks up to the height.
    pub blocks: Vec<Carried>,
}

/// The end of an epoch, with the header of its last block.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EpochLink {
    /// The last block.
    pub header: Header,
    /// What finalised it.
    pub finality: Certificate,
    /// Its result with the certificate, and the next epoch's set.
    pub end: EpochEnd,
}

/// A block without its body.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Carried {
    /// Its header.
    pub header: Header,
    /// What finalised it.
    pub finality: Certificate,
    /// Its result.
    pub result: ExecutionResult,
    /// The quorum under the result.
    pub certificate: Certificate,
    /// What was decreed about its transactions.
    pub overrides: Vec<SignedOverride>,
}

/// How many blocks a snapshot of a height carries: two windows, since headers name the result of one window before, and
/// a replica starts from the results of two.
#[must_use]
pub fn carried_blocks(height: Height, run_ahead: u64) -> u64 {
    run_ahead.saturating_mul(2).min(height.0)
}

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadManifest {
    /// It does not decode, or has too many bytes.
    #[error("it does not decode: {0}")]
    Decode(#[from] DecodeError),
    /// Another version made it.
    #[error("it has format {found}, this program reads format {FORMAT}")]
    Format {
        /// Format found.
        found: u32,
    },
    /// It is of another chain.
    #[error("it is of chain {found}, the genesis is of chain {expected}")]
    Chain {
        /// Chain found.
        found: Hash,
        /// Chain expected.
        expected: Hash,
    },
    /// The end of an epoch does not hold.
    #[error("the end of epoch {epoch} does not hold: {cause}")]
    Epoch {
        /// The epoch.
        epoch: Epoch,
        /// Why.
        cause: BadEpochEnd,
    },
    /// Parts do not belong together.
    #[error("at height {height}: {what}")]
    Parts {
        /// Where.
        height: Height,
        /// What does not fit.
        what: &'static str,
    },
    /// A certificate is not a quorum's.
    #[error("a certificate of height {height} is refused: {cause}")]
    Certificate {
        /// Whose.
        height: Height,
        /// Why.
        cause: BadCertificate,
    },
    /// An override is not a quorum's.
    #[error("an override of height {height} is refused: {cause}")]
    Override {
        /// Whose.
        height: Height,
        /// Why.
        cause: BadOverride,
    },
}

impl Manifest {
    /// What a ledger has of a height, with the layout that `layout` makes from its result.
    pub(crate) fn of<S: Store>(
        reader: &Reader<S>,
        genesis: &Genesis,
        height: Height,
        layout: impl FnOnce(&ExecutionResult) -> Layout,
    ) -> Result<Self, SnapshotError> {
        let first = height.0.saturating_sub(carried_blocks(height, genesis.parameters.run_ahead)).saturating_add(1);
        let blocks: Vec<Carried> =
            (first..=height.0).map(|height| Carried::read(reader, Height(height))).collect::<Result<_, _>>()?;
        let what = "the genesis is everybody's, a snapshot begins with a block";
        let last = blocks.last().ok_or(SnapshotError::Height { height, what })?;
        let layout = layout(&last.result);
        let begun = reader.epochs()?.into_iter().rfind(|(_, origin, _)| *origin <= height);
        let ends = reader.epoch_ends(begun.map_or(Epoch::ZERO, |(epoch, ..)| epoch))?;
        let epochs = ends.into_iter().map(|end| EpochLink::read(reader, end)).collect::<Result<_, _>>()?;
        Ok(Self { format: FORMAT, layout, epochs, range: reader.range_of_results(Height(first).previous())?, blocks })
    }

    /// Reads the manifest of a shelf.
    ///
    /// # Errors
    /// [`SnapshotError::Missing`], [`BadManifest::Decode`], the shelf's.
    pub fn read(shelf: &impl Shelf) -> Result<Self, SnapshotError> {
        let mut bytes = Vec::new();
        for part in 0.. {
            let piece = Piece::Manifest { part };
            let Some(read) = shelf.get(piece)? else {
                // A last part that is full has none after it.
                if part == 0 {
                    return Err(SnapshotError::Missing { piece });
                }
                break;
            };
            bytes.extend_from_slice(&read);
            if read.len() < SNAPSHOT_MANIFEST_PIECE_BYTES || bytes.len() > SNAPSHOT_MANIFEST_BYTES_MAX {
                break;
            }
        }
        Ok(Self::from_bytes(&bytes)?)
    }

    /// Decodes strictly, within the limit.
    ///
    /// # Errors
    /// [`BadManifest::Decode`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadManifest> {
        Ok(codec::decode(bytes, SNAPSHOT_MANIFEST_BYTES_MAX)?)
    }

    /// Its bytes, cut into pieces.
    ///
    /// # Errors
    /// [`SnapshotError::TooLarge`].
    pub fn pieces(&self) -> Result<Vec<Vec<u8>>, SnapshotError> {
        let bytes = codec::encode(self);
        let (length, max) = (bytes.len(), SNAPSHOT_MANIFEST_BYTES_MAX);
        if length > max {
            return Err(SnapshotError::TooLarge { what: "a manifest", bytes: length, max });
        }
        Ok(bytes.chunks(SNAPSHOT_MANIFEST_PIECE_BYTES).map(<[u8]>::to_vec).collect())
    }

    /// Checks everything that it says against the genesis.
    ///
    /// # Errors
    /// [`BadManifest`] says what does not hold.
    pub fn verify(self, genesis: &Genesis) -> Result<Snapshot, BadManifest> {
        let (layout, chain) = (&self.layout, genesis.chain());
        if self.format != FORMAT {
            return Err(BadManifest::Format { found: self.format });
        }
        if layout.chain != chain {
            return Err(BadManifest::Chain { found: layout.chain, expected: chain });
        }
        let epochs = follow_epochs(&self.epochs, genesis)?;
        let range = check_blocks(&self, genesis, &epochs)?;
        let height = layout.height;
        let parts = |what| BadManifest::Parts { height, what };
        let Some(Carried { header, result, .. }) = self.blocks.last() else {
            return Err(parts("it carries no block"));
        };
        if layout.result != result.hash() {
            return Err(parts("its pieces are of another result"));
        }
        let newest = epochs.last().map(|epoch| (epoch.known.validators.hash(), epoch.restart.is_some(), epoch.origin));
        let hands_over = newest.is_some_and(|(set, by_order, origin)| {
            origin <= height && (set == result.next_validators || by_order && origin == height)
        });
        if !hands_over {
            return Err(parts("the newest epoch has other validators"));
        }
        let (root, places) = cut::places(&layout.tree).ok_or(parts("its pieces are not cut from one tree"))?;
        if root != result.state_root {
            return Err(parts("its tree is not that of the state"));
        }
        let rise = |starts: &Vec<LogStart>| {
            starts.is_sorted_by(|one, other| one < other) && starts.first().is_none_or(|first| first.index == 0)
        };
        if layout.logs.len() != places.len() || !layout.logs.iter().all(rise) {
            return Err(parts("its pieces of logs are not in order"));
        }
        let tip = Tip {
            height,
            block: result.block,
            time: header.time,
            epoch: header.epoch,
            view: header.view,
            result: result.clone(),
            range,
        };
        let id = layout.id();
        Ok(Snapshot { manifest: self, id, places, epochs, tip })
    }
}

impl Carried {
    fn read<S: Store>(reader: &Reader<S>, height: Height) -> Result<Self, SnapshotError> {
        let what = "it is above the tip";
        let unknown = || SnapshotError::Height { height, what };
        let header = reader.header(height)?.ok_or_else(unknown)?;
        let finality = reader.finality(height)?.ok_or_else(unknown)?;
        let result = reader.result(height)?.ok_or_else(unknown)?;
        let what = "its result is not certified here";
        let certificate = reader.result_certificate(height)?.ok_or(SnapshotError::Height { height, what })?;
        Ok(Self { header, finality, result, certificate, overrides: reader.overrides(height)? })
    }
}

impl EpochLink {
    fn read<S: Store>(reader: &Reader<S>, end: EpochEnd) -> Result<Self, LedgerError> {
        let height = end.result.height;
        let missing = LedgerError::Inconsistent { height, what: "the last block of an epoch is missing" };
        let (header, finality) = (reader.header(height)?, reader.finality(height)?);
        let (header, finality) = header.zip(finality).ok_or(missing)?;
        Ok(Self { header, finality, end })
    }
}

/// The epochs from the genesis on, each from the one before.
fn follow_epochs(links: &[EpochLink], genesis: &Genesis) -> Result<Vec<ShownEpoch>, BadManifest> {
    let chain = genesis.chain();
    let first = ShownEpoch { origin: Height::ZERO, known: KnownEpoch::first(genesis), restart: None };
    let (mut known, mut origin) = (first.known.clone(), Height::ZERO);
    let mut epochs = vec![first];
    for EpochLink { header, finality, end } in links {
        let height = end.result.height;
        let begun = known.followed(chain, end).map_err(|cause| BadManifest::Epoch { epoch: known.epoch, cause })?;
        if header.hash() != end.result.block || header.height != height || height <= origin {
            return Err(BadManifest::Parts { height, what: "the end of an epoch has another header" });
        }
        check_final(header, finality, &known, chain)?;
        let restart = end.restart.is_some().then(|| end.clone());
        epochs.push(ShownEpoch { origin: height, known: begun.clone(), restart });
        (known, origin) = (begun, height);
    }
    Ok(epochs)
}

/// The carried blocks are the last ones up to the height: each follows the one before, and all their results are in the
/// range that the last one's certified result commits to. Answers the range over all results.
fn check_blocks(manifest: &Manifest, genesis: &Genesis, epochs: &[ShownEpoch]) -> Result<Range, BadManifest> {
    let (height, chain) = (manifest.layout.height, genesis.chain());
    let carried = carried_blocks(height, genesis.parameters.run_ahead);
    if height == Height::ZERO || u64::try_from(manifest.blocks.len()) != Ok(carried) {
        return Err(BadManifest::Parts { height, what: "it carries another number of blocks" });
    }
    let mut range = manifest.range.clone();
    if !range.is_well_formed() || Some(range.count()) != height.0.checked_sub(carried) {
        return Err(BadManifest::Parts { height, what: "the range of results has another length" });
    }
    let mut parent = None;
    for (block, height) in manifest.blocks.iter().zip(range.count().saturating_add(1)..) {
        let height = Height(height);
        let Carried { header, finality, result, certificate, overrides } = block;
        let epoch = epochs.iter().rfind(|epoch| epoch.origin < height).map(|epoch| &epoch.known);
        let parts = |what| BadManifest::Parts { height, what };
        let known = epoch.ok_or(parts("its epoch is not known"))?;
        let faults = [
            (header.height != height || result.height != height, "a block is of another height"),
            (header.chain != chain, "a block is of another chain"),
            (parent.is_some_and(|parent| parent != header.parent), "a block has another parent"),
            (height == Height(1) && header.parent != chain, "the first block does not begin the chain"),
            (result.block != header.hash(), "a result is of another block"),
            (
                header.epoch != known.epoch || header.validators != known.validators.hash(),
                "a block is of another epoch",
            ),
            (result.range_root != range.root(), "a result stands on other results"),
            (overrides::root(overrides) != result.overrides, "a block has other overrides"),
        ];
        if let Some((_, what)) = faults.into_iter().find(|(is_fault, _)| *is_fault) {
            return Err(parts(what));
        }
        let of_result = (certificate.phase, certificate.epoch, certificate.number, certificate.digest);
        if of_result != (Phase::Checkpoint, known.epoch, height.0, result.hash()) {
            return Err(parts("a certificate is not that of the result"));
        }
        let _: countersign_types::Certified =
            certificate.verify(chain, &known.validators).map_err(|cause| BadManifest::Certificate { height, cause })?;
        check_final(header, finality, known, chain)?;
        check_overrides(block, known, chain)?;
        range.append(&result.hash());
        parent = Some(header.hash());
    }
    Ok(range)
}

/// A COMMIT certificate of its own view or a later one is the block's or a descendant's, by agreement.
fn check_final(header: &Header, finality: &Certificate, known: &KnownEpoch, chain: Hash) -> Result<(), BadManifest> {
    let height = header.height;
    let is_final = finality.phase == Phase::Commit
        && finality.epoch == known.epoch
        && header.epoch == known.epoch
        && (finality.number > header.view.0 || finality.number == header.view.0 && finality.digest == header.hash());
    if !is_final {
        return Err(BadManifest::Parts { height, what: "a block is not final" });
    }
    let verified = finality.verify(chain, &known.validators);
    verified.map(|_| ()).map_err(|cause| BadManifest::Certificate { height, cause })
}

fn check_overrides(block: &Carried, known: &KnownEpoch, chain: Hash) -> Result<(), BadManifest> {
    let height = block.header.height;
    let refused = |cause| BadManifest::Override { height, cause };
    overrides::check_count(block.overrides.len()).map_err(refused)?;
    for signed in &block.overrides {
        if (signed.decree.height, signed.decree.block) != (height, block.result.block) {
            return Err(BadManifest::Parts { height, what: "an override is of another block" });
        }
        signed.verify(chain, &known.validators).map_err(refused)?;
    }
    Ok(())
}
