//! Packet lines and side bands: the framing of Git's protocol (gitprotocol-common, gitprotocol-pack).

use crate::error::Error;
use crate::limits::too_large;

/// Most bytes of a packet, its length included.
pub const PACKET_LIMIT: usize = 65_520;

/// One packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packet<'a> {
    /// Bytes; may be none.
    Data(&'a [u8]),
    /// `0000`: the end of a message.
    Flush,
    /// `0001`: the end of a section.
    Delimiter,
    /// `0002`: the end of an answer.
    ResponseEnd,
}

/// Reads packets one after another. After an error there are no more.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Packets<'a> {
    /// Reads from the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn read(&mut self) -> Result<Packet<'a>, Error> {
        let (head, rest) = self.rest.split_first_chunk::<4>().ok_or_else(|| broken("a packet is cut off"))?;
        let length = head
            .iter()
            .try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)? as usize))
            .ok_or_else(|| broken("a packet has no length"))?;
        let (packet, used) = match length {
            0 => (Packet::Flush, 0),
            1 => (Packet::Delimiter, 0),
            2 => (Packet::ResponseEnd, 0),
            3 => return Err(broken("a packet has the length 3")),
            length if length > PACKET_LIMIT => return Err(too_large("a packet", PACKET_LIMIT, "bytes")),
            length => {
                let data = rest.get(..length - 4).ok_or_else(|| broken("a packet is cut off"))?;
                (Packet::Data(data), data.len())
            }
        };
        self.rest = &rest[used..];
        Ok(packet)
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let packet = self.read();
        if packet.is_err() {
            self.rest = &[];
        }
        Some(packet)
    }
}

/// Appends a packet of text, with the line feed that text ends with.
pub(crate) fn line(out: &mut Vec<u8>, text: &str) {
    data(out, format!("{text}\n").as_bytes());
}

/// Appends a packet of bytes.
pub(crate) fn data(out: &mut Vec<u8>, bytes: &[u8]) {
    debug_assert!(bytes.len() + 4 <= PACKET_LIMIT, "only short texts are sent as packets");
    out.extend_from_slice(format!("{:04x}", bytes.len() + 4).as_bytes());
    out.extend_from_slice(bytes);
}

/// Appends the end of a message.
pub(crate) fn flush(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0000");
}

/// Appends the end of a section.
pub(crate) fn delimiter(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0001");
}

/// A packet's bytes as text without the line feed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.strip_suffix(b"\n").unwrap_or(bytes)).into_owned()
}

/// What came over the side bands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bands {
    /// Band 1.
    pub data: Vec<u8>,
    /// Band 2: what hooks and rules say to people; the first bytes of it.
    pub text: String,
    /// Band 3: why the server gave up.
    pub fatal: Option<String>,
}

impl Bands {
    /// Takes one packet; keeps `text_limit` bytes of text at most.
    ///
    /// # Errors
    /// When the packet has no band or an unknown one.
    pub fn take(&mut self, packet: &[u8], text_limit: usize) -> Result<(), Error> {
        let (band, bytes) = packet.split_first().ok_or_else(|| broken("a packet has no side band"))?;
        match band {
            1 => self.data.extend_from_slice(bytes),
            2 => append(&mut self.text, bytes, text_limit),
            3 => append(self.fatal.get_or_insert_default(), bytes, text_limit),
            _ => return Err(broken("a packet has an unknown side band")),
        }
        Ok(())
    }
}

/// Appends text from outside, cut at a limit.
fn append(text: &mut String, bytes: &[u8], limit: usize) {
    for c in String::from_utf8_lossy(bytes).chars() {
        // Carriage returns overwrite lines on a terminal; escapes could do worse.
        let c = if c == '\r' { '\n' } else { c };
        if text.len() + c.len_utf8() > limit {
            return;
        }
        if c == '\n' || !c.is_control() {
            text.push(c);
        }
    }
}

pub(crate) fn broken(what: impl Into<String>) -> Error {
    Error::Protocol { host: String::new(), what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn packets_are_read_as_git_writes_them() {
        let bytes = b"000ahello\n00040000000100020005a";
        let packets: Vec<_> = Packets::new(bytes).map(Result::unwrap).collect();
        assert_eq!(
            packets,
            [
                Packet::Data(b"hello\n"),
                Packet::Data(b""),
                Packet::Flush,
                Packet::Delimiter,
                Packet::ResponseEnd,
                Packet::Data(b"a"),
            ]
        );
    }

    #[test]
    fn broken_packets_are_refused_once() {
        for (bytes, word) in [
            (&b"000"[..], "cut off"),
            (b"zzzz", "no length"),
            (b"+005a", "no length"),
            (b"0003", "length 3"),
            (b"000ahel", "cut off"),
            (b"fff1", "larger than the limit of 65520 bytes"),
        ] {
            let all: Vec<_> = Packets::new(bytes).collect();
            assert_eq!(all.len(), 1);
            let error = all[0].as_ref().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn bands_are_told_apart_and_text_is_bounded() {
        let mut bands = Bands::default();
        bands.take(b"\x01PACK", 8).unwrap();
        bands.take(b"\x02hook\rsays \x1b[31mno", 8).unwrap();
        bands.take(b"\x03fatal", 8).unwrap();
        assert_eq!(bands.data, b"PACK");
        assert_eq!(bands.text, "hook\nsay");
        assert_eq!(bands.fatal.as_deref(), Some("fatal"));
        assert!(bands.take(b"\x04", 8).is_err() && bands.take(b"", 8).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 0..20)) {
            let mut out = Vec::new();
            for part in &parts {
                data(&mut out, part);
                delimiter(&mut out);
            }
            flush(&mut out);
            let read: Vec<_> = Packets::new(&out).map(Result::unwrap).collect();
            prop_assert_eq!(read.len(), parts.len() * 2 + 1);
            for (i, part) in parts.iter().enumerate() {
                prop_assert_eq!(read[2 * i], Packet::Data(part));
            }
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Packets::new(&bytes).count() <= bytes.len());
        }
    }
}
