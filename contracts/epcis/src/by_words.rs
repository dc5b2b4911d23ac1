//! Text ordered as `str` is, compared eight bytes at a time. In a contract, comparing takes one byte at a time
//! otherwise, and identifiers that are sorted and looked up mostly differ at their ends.

use core::cmp::Ordering;

/// Text to be sorted or looked up by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByWords<'a>(pub &'a str);

impl Ord for ByWords<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (ours, our_rest) = self.0.as_bytes().as_chunks::<8>();
        let (theirs, their_rest) = other.0.as_bytes().as_chunks::<8>();
        for (our, their) in ours.iter().zip(theirs) {
            // The first byte is the highest of a big-endian number.
            match u64::from_be_bytes(*our).cmp(&u64::from_be_bytes(*their)) {
                Ordering::Equal => {}
                order => return order,
            }
        }
        match ours.len().cmp(&theirs.len()) {
            Ordering::Equal => our_rest.cmp(their_rest),
            // One has no whole word where the other has: what it has left is compared with that word.
            Ordering::Less => our_rest.cmp(theirs.get(ours.len()).map_or(&[], |word| word.as_slice())),
            Ordering::Greater => ours.get(theirs.len()).map_or(&[][..], |word| word.as_slice()).cmp(their_rest),
        }
    }
}

impl PartialOrd for ByWords<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ByWords<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ByWords<'_> {}

#[cfg(test)]
mod tests {
    use super::ByWords;
    use alloc::string::String;
    use alloc::vec::Vec;

    #[test]
    fn the_order_is_that_of_text() {
        let mut texts: Vec<String> = Vec::new();
        for len in 0..27 {
            let base = "abcdefgh".repeat(4)[..len].to_owned();
            for at in 0..len {
                for with in ["a", "z", "\u{1}", "\u{7f}"] {
                    let mut other = base.clone();
                    other.replace_range(at..=at, with);
                    texts.push(other);
                }
            }
            texts.push(base);
        }
        texts.push("straße".into());
        for a in &texts {
            for b in &texts {
                assert_eq!(ByWords(a).cmp(&ByWords(b)), a.cmp(b), "{a:?} {b:?}");
                assert_eq!(ByWords(a) == ByWords(b), a == b);
            }
        }
    }
}
