//! Changed inputs from a seeded generator: what a fuzzer does, without looking.

/// Numbers by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), and inputs made with them.
#[derive(Debug, Clone)]
pub struct Mutations(u64);

impl Mutations {
    /// The same seed gives the same inputs.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of the inputs, cut, spliced with another or changed in some places.
    pub fn of(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut input = self.choose(inputs);
        match self.below(8) {
            0 => input.truncate(self.below(input.len() + 1)),
            1 => {
                let other = self.choose(inputs);
                input.truncate(self.below(input.len() + 1));
                input.extend_from_slice(other.get(self.below(other.len() + 1)..).unwrap_or_default());
            }
            2 => {
                let from = self.below(input.len() + 1);
                let copied = input.get(from..(from + self.below(64)).min(input.len())).unwrap_or_default().to_vec();
                let at = self.below(input.len() + 1);
                input.splice(at..at, copied);
            }
            3 => input = (0..self.below(512)).map(|_| self.byte()).collect(),
            _ => {}
        }
        for _ in 0..self.below(5) {
            let at = self.below(input.len().max(1));
            let byte = match self.below(4) {
                0 => 0,
                1 => u8::MAX,
                _ => self.byte(),
            };
            if let Some(place) = input.get_mut(at) {
                *place = byte;
            }
        }
        input
    }

    fn choose(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        inputs.get(self.below(inputs.len().max(1))).cloned().unwrap_or_default()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(bound).unwrap_or(u64::MAX)).unwrap_or(0)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
