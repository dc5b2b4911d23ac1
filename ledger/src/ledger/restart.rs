//! Going on by order where too few validators are left to go on by themselves.

use super::commit::put_epoch;
use super::{Fate, Ledger};
use crate::error::LedgerError;
use crate::record::{put_sealed, restart_key};
use crate::store::{Batch, Space, Store};
use countersign_types::{EpochEnd, Height, KnownEpoch};

impl<S: Store> Ledger<S> {
    /// Ends the epoch by an order at its height, and begins the one it names. Executed blocks above are dropped; none
    /// of them may be certified, and all results of the window below must be, since the next headers name them.
    ///
    /// # Errors
    /// As [`Ledger::check_restart`], and the store's.
    pub fn restart(&mut self, end: &EpochEnd, run_ahead: u64) -> Result<(), LedgerError> {
        let begun = self.check_restart(end, run_ahead)?;
        let height = end.result.height;
        self.put_result_certificate(&end.result, &end.certificate)?;
        self.rewind(height, Fate::Dropped)?;
        let mut batch = Batch::default();
        put_epoch(&mut batch, begun.epoch, height, &begun.validators);
        put_sealed(&mut batch, Space::Meta, &restart_key(begun.epoch), end);
        self.write(batch, true)
    }

    /// Checks that an order can be carried out; answers the epoch that it begins.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] or [`LedgerError::NotCertified`] if the ledger is not that far yet,
    /// [`LedgerError::Rewind`] if it is further for good, [`LedgerError::Diverged`], [`LedgerError::Restart`] if the order
    /// does not count, [`LedgerError::Restarted`] if it is carried out already.
    pub fn check_restart(&self, end: &EpochEnd, run_ahead: u64) -> Result<KnownEpoch, LedgerError> {
        self.refuse_if_poisoned()?;
        let reader = self.reader();
        let (height, tip) = (end.result.height, self.tip.height);
        let unknown = LedgerError::Unknown { height, tip };
        let (Some(known), Some(own)) = (reader.epoch_at(height)?, reader.result(height)?) else { return Err(unknown) };
        let begun = known.followed(reader.chain(), end)?;
        if own != end.result {
            return Err(LedgerError::Diverged { height, own: own.hash(), certified: end.certificate.digest });
        }
        if end.restart.is_none() || begun.epoch <= reader.newest_epoch()?.0 {
            return Err(LedgerError::Restarted { epoch: begun.epoch });
        }
        let certified = reader.certified();
        if height < certified {
            return Err(LedgerError::Rewind { to: height, certified, tip });
        }
        for below in (height.0.saturating_sub(run_ahead).saturating_add(1)..height.0).map(Height) {
            if reader.result_certificate(below)?.is_none() {
                return Err(LedgerError::NotCertified { height: below, certified });
            }
        }
        Ok(begun)
    }
}
