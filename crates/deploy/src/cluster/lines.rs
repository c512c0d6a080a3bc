//! An answer that comes line by line and may go on for long: watches and logs.

use bytes::{Buf as _, BytesMut};
use net::Body;

use crate::Error;

/// The lines of an answer.
pub struct Lines {
    body: Body,
    rest: BytesMut,
    /// Bytes of a line that are kept; the others are left out.
    longest: usize,
    /// Whether the rest of the line at hand is left out.
    skips: bool,
    ended: bool,
}

impl Lines {
    pub(crate) fn new(body: Body, longest: usize) -> Self {
        Self { body, rest: BytesMut::new(), longest, skips: false, ended: false }
    }

    /// The next line without its end; none at the end. Of a line that is too long only its beginning is handed out.
    ///
    /// # Errors
    /// [`Error::Net`] when the connection breaks or the time for the whole is over.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        Ok(self.bytes().await?.map(|line| String::from_utf8_lossy(&line).into_owned()))
    }

    /// The same as bytes.
    pub(crate) async fn bytes(&mut self) -> Result<Option<BytesMut>, Error> {
        loop {
            if let Some(line) = take(&mut self.rest, &mut self.skips, self.longest) {
                return Ok(Some(line));
            }
            if self.ended {
                let last = self.rest.split();
                return Ok((!last.is_empty() && !self.skips).then_some(last));
            }
            match self.body.chunk().await? {
                Some(part) => self.rest.extend_from_slice(&part),
                None => self.ended = true,
            }
        }
    }
}

/// Takes a line from what has come, or the beginning of one that is too long.
fn take(rest: &mut BytesMut, skips: &mut bool, longest: usize) -> Option<BytesMut> {
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n');
        if *skips {
            rest.advance(end.map_or(rest.len(), |end| end + 1));
            *skips = end.is_none();
            if *skips {
                return None;
            }
            continue;
        }
        let end = match end {
            Some(end) if end <= longest => {
                let mut line = rest.split_to(end + 1);
                line.truncate(end);
                if line.last() == Some(&b'\r') {
                    line.truncate(end - 1);
                }
                return Some(line);
            }
            _ if rest.len() > longest => longest,
            _ => return None,
        };
        *skips = true;
        return Some(rest.split_to(end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_long_ones_are_cut() {
        let (mut rest, mut skips) = (BytesMut::new(), false);
        let mut found = Vec::new();
        for part in ["a\r\nbc", "d\n", "", "0123456789", "0123\nlast\n", "exactly8\n", "\n"] {
            rest.extend_from_slice(part.as_bytes());
            while let Some(line) = take(&mut rest, &mut skips, 8) {
                found.push(String::from_utf8_lossy(&line).into_owned());
            }
        }
        assert_eq!(found, ["a", "bcd", "01234567", "last", "exactly8", ""]);
        assert!(rest.is_empty() && !skips);
    }
}
