//! Asking a repository for objects: the `fetch` command (gitprotocol-v2).

use crate::error::Error;
use crate::limits::Limits;
use crate::object::{Id, Object};
use crate::pack;
use crate::pkt::{self, Bands, Packet, Packets, broken};
use crate::refs::Capabilities;

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Fetch {
    /// Objects wanted, with what they need.
    pub(crate) want: Vec<Id>,
    /// Commits that are at hand with all they need.
    pub(crate) have: Vec<Id>,
    /// Of these, those whose parents are not at hand.
    pub(crate) shallow: Vec<Id>,
    /// How many commits deep, counted from the wanted ones.
    pub(crate) deepen: Option<usize>,
    /// What to leave out, where the server can.
    pub(crate) filter: Option<Filter>,
}

/// What to leave out of a fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Filter {
    /// The bytes of files.
    Blobs,
    /// Folders and files.
    Trees,
}

impl Fetch {
    /// Writes the request.
    pub(crate) fn request(&self, capabilities: &Capabilities) -> Vec<u8> {
        let mut out = Vec::new();
        pkt::line(&mut out, "command=fetch");
        if capabilities.object_format {
            pkt::line(&mut out, "object-format=sha1");
        }
        pkt::delimiter(&mut out);
        // No `thin-pack`: every delta's base has to come along (and Azure DevOps wants it so).
        for line in ["no-progress", "ofs-delta"] {
            pkt::line(&mut out, line);
        }
        for (word, ids) in [("shallow", &self.shallow), ("want", &self.want), ("have", &self.have)] {
            for id in ids {
                pkt::line(&mut out, &format!("{word} {id}"));
            }
        }
        if let Some(depth) = self.deepen {
            pkt::line(&mut out, &format!("deepen {depth}"));
        }
        match self.filter.filter(|_| capabilities.filter) {
            Some(Filter::Blobs) => pkt::line(&mut out, "filter blob:none"),
            Some(Filter::Trees) => pkt::line(&mut out, "filter tree:0"),
            None => {}
        }
        pkt::line(&mut out, "done");
        pkt::flush(&mut out);
        out
    }
}

/// Reads the answer to a fetch.
///
/// # Errors
/// When the server refuses, or its pack is damaged or too large.
pub fn read(answer: &[u8], limits: &Limits) -> Result<Vec<Object>, Error> {
    let mut bands = Bands::default();
    let mut in_pack = false;
    for packet in Packets::new(answer) {
        match packet? {
            Packet::Data(data) if in_pack => bands.take(data, limits.remote_text_bytes)?,
            Packet::Data(data) => {
                let line = pkt::text(data);
                if let Some(reason) = line.strip_prefix("ERR ") {
                    return Err(broken(format!("the server says: {reason}")));
                }
                // Other sections (`shallow-info`, `wanted-refs`) say nothing that is needed.
                in_pack = line == "packfile";
            }
            Packet::Flush if in_pack => break,
            Packet::Flush | Packet::Delimiter | Packet::ResponseEnd => {}
        }
    }
    if let Some(reason) = bands.fatal {
        return Err(broken(format!("the server gave up: {}", reason.trim())));
    }
    if !in_pack {
        return Err(broken("the answer to a fetch has no pack"));
    }
    pack::read(&bands.data, limits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Kind, parse_id};

    const ID: &str = "0123456789012345678901234567890123456789";

    fn answer(lines: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for line in lines {
            match *line {
                b"delimiter" => pkt::delimiter(&mut out),
                line => pkt::data(&mut out, line),
            }
        }
        pkt::flush(&mut out);
        out
    }

    #[test]
    fn a_request_says_what_is_wanted() {
        let id = parse_id(ID).unwrap();
        let fetch = Fetch {
            want: vec![id],
            have: vec![id],
            shallow: vec![id],
            deepen: Some(1),
            filter: Some(Filter::Blobs),
        };
        let all = Capabilities { filter: true, unborn: true, object_format: true };
        let text = String::from_utf8(fetch.request(&all)).unwrap();
        assert!(text.starts_with("0012command=fetch\n0017object-format=sha1\n0001"), "{text}");
        for word in ["shallow", "want", "have"] {
            assert!(text.contains(&format!("{word} {ID}\n")), "{text}");
        }
        assert!(
            text.contains("deepen 1\n")
                && text.contains("filter blob:none\n")
                && text.ends_with("0009done\n0000")
        );
        let text = String::from_utf8(fetch.request(&Capabilities::default())).unwrap();
        assert!(!text.contains("filter") && !text.contains("object-format"), "{text}");
    }

    #[test]
    fn a_pack_comes_over_side_bands_after_other_sections() {
        let blob = Object::new(Kind::Blob, &b"hello"[..]).unwrap();
        let pack = pack::write(std::slice::from_ref(&blob)).unwrap();
        let (one, two) = pack.split_at(10);
        let bytes = answer(&[
            b"shallow-info\n",
            b"shallow 0123456789012345678901234567890123456789",
            b"delimiter",
            b"packfile\n",
            b"\x02counting",
            &[b"\x01", one].concat(),
            &[b"\x01", two].concat(),
        ]);
        assert_eq!(read(&bytes, &Limits::default()).unwrap(), [blob]);
    }

    #[test]
    fn refusals_are_passed_on() {
        for (lines, word) in [
            (&[&b"ERR upload-pack: not our ref 0123"[..]][..], "not our ref"),
            (&[b"packfile\n", b"\x03out of memory\n"], "gave up: out of memory"),
            (&[b"acknowledgments\n", b"NAK\n"], "no pack"),
            (&[b"packfile\n", b"\x01PAC"], "no pack where"),
        ] {
            let error = read(&answer(lines), &Limits::default()).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
