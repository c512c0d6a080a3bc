//! Request bodies as Git sends them: plain or compressed, of limited size.

use std::io::Write as _;

use bytes::Bytes;
use flate2::write::GzDecoder;

/// Takes a body piece by piece and counts what comes out.
pub(super) enum Body {
    /// As it is.
    Plain,
    /// Compressed with gzip.
    Gzip(Box<GzDecoder<Vec<u8>>>),
}

impl Body {
    pub(super) fn new(gzip: bool) -> Self {
        if gzip { Self::Gzip(Box::new(GzDecoder::new(Vec::new()))) } else { Self::Plain }
    }

    /// What a piece is. Small pieces keep what a compressed one can grow to small: a thousand times at most.
    pub(super) fn take(&mut self, piece: &Bytes) -> std::io::Result<Bytes> {
        match self {
            Self::Plain => Ok(piece.clone()),
            Self::Gzip(decoder) => {
                decoder.write_all(piece)?;
                Ok(std::mem::take(decoder.get_mut()).into())
            }
        }
    }

    /// What is left at the end.
    pub(super) fn end(self) -> std::io::Result<Bytes> {
        match self {
            Self::Plain => Ok(Bytes::new()),
            Self::Gzip(decoder) => Ok(decoder.finish()?.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    #[test]
    fn compressed_bodies_come_out_piece_by_piece() {
        let text = b"0011command=fetch".repeat(1000);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&text).unwrap();
        let packed = encoder.finish().unwrap();
        let mut body = Body::new(true);
        let mut out = Vec::new();
        for piece in packed.chunks(7) {
            out.extend_from_slice(&body.take(&Bytes::copy_from_slice(piece)).unwrap());
        }
        out.extend_from_slice(&body.end().unwrap());
        assert!(out == text);
    }

    #[test]
    fn what_is_cut_off_or_no_gzip_is_refused() {
        let mut body = Body::new(true);
        assert!(body.take(&Bytes::from_static(b"no gzip at all")).is_err() || body.end().is_err());
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&[7; 100]).unwrap();
        let packed = encoder.finish().unwrap();
        let mut body = Body::new(true);
        body.take(&Bytes::copy_from_slice(&packed[..packed.len() - 4])).unwrap();
        assert!(body.end().is_err());
    }
}
