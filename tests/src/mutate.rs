//! A seeded mutator: from a corpus of valid inputs, inputs that are almost valid.

use proto::Rng;

/// Values at the edges of fields.
const EDGES: [u64; 12] =
    [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/// Longest input made, bytes.
const LONGEST: usize = 70_000;

/// Makes inputs from a corpus; equal seeds make equal inputs.
pub struct Mutator {
    rng: Rng,
    corpus: Vec<Vec<u8>>,
}

impl Mutator {
    /// A mutator of `corpus`, which may be empty.
    pub fn new(seed: u64, corpus: Vec<Vec<u8>>) -> Mutator {
        Mutator { rng: Rng::new(seed), corpus }
    }

    /// The next input: one time in eight noise, otherwise a corpus entry with one to eight changes.
    pub fn make(&mut self) -> Vec<u8> {
        if self.corpus.is_empty() || self.rng.below(8) == 0 {
            let longest = if self.rng.below(8) == 0 { 2000 } else { 100 };
            let len = self.pick(longest);
            return (0..len).map(|_| self.byte()).collect();
        }
        let mut data = self.sample();
        for _ in 0..=self.rng.below(8) {
            self.change(&mut data);
        }
        data.truncate(LONGEST);
        data
    }

    /// A corpus entry as it is.
    pub fn sample(&mut self) -> Vec<u8> {
        let at = self.pick(self.corpus.len());
        self.corpus.get(at).cloned().unwrap_or_default()
    }

    /// A number below `n`.
    pub fn pick(&mut self, n: usize) -> usize {
        usize::try_from(self.rng.below(n as u64)).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.rng.bits().to_le_bytes()[0]
    }

    fn change(&mut self, data: &mut Vec<u8>) {
        let at = self.pick(data.len() + 1);
        match self.rng.below(9) {
            0 => {
                if let Some(byte) = data.get_mut(at) {
                    *byte ^= 1 << self.rng.below(8);
                }
            }
            1 => {
                let byte = self.byte();
                if let Some(old) = data.get_mut(at) {
                    *old = byte;
                }
            }
            2 => data.truncate(at),
            3 => {
                let byte = self.byte();
                data.insert(at, byte);
            }
            4 => {
                let end = (at + self.pick(16)).min(data.len());
                data.drain(at..end);
            }
            5 => {
                // A field of one, two or four bytes at the edge of its range.
                let width = 1 << self.rng.below(3);
                let which = self.pick(EDGES.len());
                let edge = EDGES[which].to_be_bytes();
                for (i, byte) in edge[8 - width..].iter().enumerate() {
                    if let Some(old) = data.get_mut(at + i) {
                        *old = *byte;
                    }
                }
            }
            6 => {
                // A piece of it again.
                let end = (at + self.pick(64)).min(data.len());
                let piece = data[at..end].to_vec();
                let to = self.pick(data.len() + 1);
                data.splice(to..to, piece);
            }
            7 => {
                // The tail of another.
                let other = self.sample();
                let from = self.pick(other.len() + 1);
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            _ => {
                let byte = self.byte();
                let count = self.pick(64);
                data.splice(at..at, std::iter::repeat_n(byte, count));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_make_equal_inputs_and_they_differ_from_the_corpus() {
        let corpus = vec![b"interface eth1".to_vec(), b"router rip".to_vec()];
        let (mut a, mut b) = (Mutator::new(7, corpus.clone()), Mutator::new(7, corpus.clone()));
        let inputs: Vec<Vec<u8>> = (0..200).map(|_| a.make()).collect();
        assert!(inputs.iter().all(|i| *i == b.make()));
        assert!(inputs.iter().filter(|i| !corpus.contains(i)).count() > 150);
    }
}
