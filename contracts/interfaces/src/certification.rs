//! Certificates: whether a party, place or product is certified under a scheme.

use countersign_contract::prelude::*;

/// A registry of certificates.
#[interface]
pub trait Certification {
    /// All certificates of a subject under a scheme, oldest first: ended and revoked ones too.
    #[view]
    fn periods(&self, subject: String, scheme: String) -> Vec<Period>;

    /// The certificate of a subject under a scheme that is valid at a time, in milliseconds since 1970 UTC.
    #[view]
    fn valid(&self, subject: String, scheme: String, at_ms: u64) -> Result<Period, Invalid>;
}

/// When a certificate is valid: from its beginning until it ends or is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ContractType)]
pub struct Period {
    /// Number of the certificate.
    pub id: u64,
    /// Its first moment, milliseconds since 1970 UTC.
    pub from_ms: u64,
    /// The first moment after it.
    pub to_ms: u64,
    /// When it was revoked.
    pub revoked_ms: Option<u64>,
}

/// Why there is no valid certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ContractError)]
pub enum Invalid {
    /// The subject never had one under this scheme.
    Unknown,
    /// The first begins later.
    NotYet {
        /// When it begins.
        from_ms: u64,
    },
    /// The last that began has ended.
    Ended {
        /// When it ended.
        to_ms: u64,
    },
    /// One would be valid and was revoked before.
    Revoked {
        /// When it was revoked.
        at_ms: u64,
    },
}

impl Period {
    /// Whether the certificate covers the moment, revoked or not.
    fn covers(&self, at_ms: u64) -> bool {
        self.from_ms <= at_ms && at_ms < self.to_ms
    }

    /// Whether the certificate is valid at the moment. What was valid before a revocation stays so.
    #[must_use]
    pub fn is_valid(&self, at_ms: u64) -> bool {
        self.covers(at_ms) && self.revoked_ms.is_none_or(|revoked| at_ms < revoked)
    }
}

/// Of all certificates of a subject under a scheme the one that is valid at a moment; of several, the one that lasts
/// longest.
///
/// # Errors
///
/// The reason that comes closest: revoked before ended, ended before not yet begun.
pub fn judge(periods: &[Period], at_ms: u64) -> Result<Period, Invalid> {
    let valid = periods.iter().filter(|period| period.is_valid(at_ms));
    if let Some(period) = valid.max_by_key(|period| period.revoked_ms.unwrap_or(period.to_ms).min(period.to_ms)) {
        return Ok(*period);
    }
    let revoked = periods.iter().filter(|period| period.covers(at_ms)).filter_map(|period| period.revoked_ms).max();
    let ended = periods.iter().map(|period| period.to_ms).filter(|to_ms| *to_ms <= at_ms).max();
    let begins = periods.iter().map(|period| period.from_ms).filter(|from_ms| at_ms < *from_ms).min();
    Err(match (revoked, ended, begins) {
        (Some(at_ms), ..) => Invalid::Revoked { at_ms },
        (_, Some(to_ms), _) => Invalid::Ended { to_ms },
        (.., Some(from_ms)) => Invalid::NotYet { from_ms },
        (None, None, None) => Invalid::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(id: u64, from_ms: u64, to_ms: u64, revoked_ms: Option<u64>) -> Period {
        Period { id, from_ms, to_ms, revoked_ms }
    }

    #[test]
    fn the_longest_valid_period_is_found_and_otherwise_the_closest_reason() {
        let first = period(0, 10, 20, None);
        let revoked = period(1, 15, 40, Some(25));
        let later = period(2, 50, 60, None);
        let all = [first, revoked, later];
        let table = [
            (9, Err(Invalid::NotYet { from_ms: 10 })),
            (10, Ok(first)),
            (15, Ok(revoked)),
            (19, Ok(revoked)),
            (24, Ok(revoked)),
            (25, Err(Invalid::Revoked { at_ms: 25 })),
            (39, Err(Invalid::Revoked { at_ms: 25 })),
            (40, Err(Invalid::Ended { to_ms: 40 })),
            (50, Ok(later)),
            (60, Err(Invalid::Ended { to_ms: 60 })),
        ];
        for (at_ms, expected) in table {
            assert_eq!(judge(&all, at_ms), expected, "at {at_ms}");
        }
        assert_eq!(judge(&[], 10), Err(Invalid::Unknown));
        // Revoked before it began: it never was valid.
        assert_eq!(judge(&[period(3, 10, 20, Some(5))], 10), Err(Invalid::Revoked { at_ms: 5 }));
    }
}
