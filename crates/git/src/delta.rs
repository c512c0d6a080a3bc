//! Deltas: an object written as copies from another one and new bytes (gitformat-pack).

use crate::error::Error;
use crate::limits::too_large;
use crate::pkt::broken;

/// Builds the object that a delta describes.
///
/// # Errors
/// When the delta does not fit its base, is cut off, or describes more than `limit` bytes.
pub fn apply(base: &[u8], delta: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    let mut input = Input { rest: delta };
    if input.size()? != base.len() {
        return Err(broken("a delta is made for another object"));
    }
    let size = input.size()?;
    if size > limit {
        return Err(too_large("an object", limit, "bytes"));
    }
    let mut out = Vec::with_capacity(size);
    while !input.rest.is_empty() {
        let part = match input.byte()? {
            0 => return Err(broken("a delta has a command that Git does not know")),
            count @ 1..0x80 => input.take(usize::from(count))?,
            command => {
                let offset = input.number(command, 4)?;
                let length = match input.number(command >> 4, 3)? {
                    0 => 0x10000,
                    length => length,
                };
                offset
                    .checked_add(length)
                    .and_then(|end| base.get(offset..end))
                    .ok_or_else(|| broken("a delta copies from outside its base"))?
            }
        };
        if out.len() + part.len() > size {
            return Err(broken("a delta makes more than it says"));
        }
        out.extend_from_slice(part);
    }
    if out.len() != size {
        return Err(broken("a delta makes less than it says"));
    }
    Ok(out)
}

/// The size of the object that a delta makes, as the delta says.
pub(crate) fn result_size(delta: &[u8]) -> Result<usize, Error> {
    let mut input = Input { rest: delta };
    input.size()?;
    input.size()
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| broken("a delta is cut off"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// A number in groups of seven bits, the lowest first.
    fn size(&mut self) -> Result<usize, Error> {
        let mut size = 0_usize;
        for shift in (0..usize::BITS - 7).step_by(7) {
            let byte = self.byte()?;
            size |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(size);
            }
        }
        Err(broken("a delta has an impossible size"))
    }

    /// A number of which only the bytes named by `bits` are written, the lowest first.
    fn number(&mut self, bits: u8, bytes: u8) -> Result<usize, Error> {
        (0..bytes)
            .filter(|i| bits & (1 << i) != 0)
            .try_fold(0, |sum, i| Ok(sum | usize::from(self.byte()?) << (8 * i)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn copies_and_new_bytes_make_the_object() {
        // 11 bytes become 14: copy "hello ", insert "dear ", copy "wor".
        let delta = [11, 14, 0x90, 6, 5, b'd', b'e', b'a', b'r', b' ', 0x91, 6, 3];
        assert_eq!(apply(b"hello world", &delta, 100).unwrap(), b"hello dear wor");
        assert_eq!(result_size(&delta).unwrap(), 14);
    }

    #[test]
    fn a_length_of_zero_means_64_kib() {
        let base = vec![7; 0x10000];
        assert_eq!(apply(&base, &[0x80, 0x80, 4, 0x80, 0x80, 4, 0x80], 0x10000).unwrap(), base);
    }

    #[test]
    fn impossible_deltas_are_refused() {
        for (delta, word) in [
            (&[][..], "cut off"),
            (&[4, 1, 1, 0], "another object"),
            (&[3, 1, 0], "command"),
            (&[3, 1, 0x91, 3, 1], "outside"),
            (&[3, 1, 2, 0, 0], "more than it says"),
            (&[3, 2, 1, 0], "less than it says"),
            (&[3, 101, 0x90, 1], "larger than the limit of 100 bytes"),
            (&[3, 5, 5, 0], "cut off"),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "impossible size"),
        ] {
            let error = apply(b"abc", delta, 100).unwrap_err().to_string();
            assert!(error.contains(word), "{delta:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end(base in proptest::collection::vec(any::<u8>(), 0..50), delta in proptest::collection::vec(any::<u8>(), 0..50)) {
            if let Ok(made) = apply(&base, &delta, 4096) {
                prop_assert!(made.len() <= 4096);
            }
        }
    }
}
