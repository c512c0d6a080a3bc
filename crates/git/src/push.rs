//! Handing objects to a repository: `send-pack` and its report (gitprotocol-pack).

use crate::error::Error;
use crate::limits::Limits;
use crate::object::{Id, Object};
use crate::pack;
use crate::pkt::{self, Bands, Packet, Packets, broken};

/// A branch that is to move.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Push<'a> {
    /// The full name of the reference.
    pub(crate) refname: &'a str,
    /// Where it must be; `None` if it must not exist.
    pub(crate) old: Option<Id>,
    /// Where it shall be; the null id takes it away.
    pub(crate) new: Id,
    /// What the host lacks.
    pub(crate) objects: &'a [Object],
}

impl Push<'_> {
    /// Writes the request. The old id makes it a compare-and-swap.
    pub(crate) fn request(&self) -> Result<Vec<u8>, Error> {
        let old = self.old.unwrap_or(Id::null(gix_hash::Kind::Sha1));
        let command = format!(
            "{old} {} {}\0report-status side-band-64k object-format=sha1 agent={}",
            self.new,
            self.refname,
            crate::AGENT
        );
        let mut out = Vec::new();
        pkt::data(&mut out, command.as_bytes());
        pkt::flush(&mut out);
        // Nothing follows the command that takes a branch away.
        if !self.new.is_null() {
            out.extend_from_slice(&pack::write(self.objects)?);
        }
        Ok(out)
    }
}

/// What came of a push.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Why the branch did not move; `None` if it did.
    pub refused: Option<String>,
    /// What hooks and rules said to people.
    pub text: String,
}

impl Report {
    /// Whether the reason is that the branch was not, or is just no longer, where it had to be. Hosts word it
    /// differently; a reason that is not known here needs a look at the branch.
    pub fn lost_race(&self) -> bool {
        // Git 2.39 gives "failed to update ref" with "cannot lock ref ... is at ... but expected ..." as text;
        // newer ones "incorrect old value provided" and "reference already exists".
        const REASONS: [&str; 8] = [
            "failed to update ref",
            "cannot lock ref",
            "incorrect old value",
            "reference already exists",
            "fetch first",
            "non-fast-forward",
            "stale info",
            "failed to lock",
        ];
        self.refused.as_ref().is_some_and(|reason| REASONS.iter().any(|known| reason.contains(known)))
    }
}

/// Reads the report of a push of one reference.
///
/// # Errors
/// When it is no such report: then it is not known whether the branch moved.
pub fn read(answer: &[u8], refname: &str, limits: &Limits) -> Result<Report, Error> {
    let mut bands = Bands::default();
    for packet in Packets::new(answer) {
        match packet? {
            Packet::Data(data) => {
                if let Some(reason) = data.strip_prefix(b"ERR ") {
                    return Err(broken(format!("the server says: {}", pkt::text(reason))));
                }
                bands.take(data, limits.remote_text_bytes)?;
            }
            Packet::Flush => break,
            Packet::Delimiter | Packet::ResponseEnd => {}
        }
    }
    if let Some(reason) = bands.fatal {
        return Err(broken(format!("the server gave up: {}", reason.trim())));
    }
    let text = bands.text.trim_end().to_owned();
    let mut unpacked = None;
    let mut moved = None;
    for packet in Packets::new(&bands.data) {
        let Packet::Data(data) = packet? else { break };
        let line = pkt::text(data);
        if let Some(result) = line.strip_prefix("unpack ") {
            unpacked = Some(result.to_owned());
        } else if line.strip_prefix("ok ") == Some(refname) {
            moved = Some(None);
        } else if let Some((name, reason)) = line.strip_prefix("ng ").and_then(|rest| rest.split_once(' '))
            && name == refname
        {
            moved = Some(Some(reason.to_owned()));
        }
    }
    let refused = match (unpacked.as_deref(), moved) {
        (Some("ok"), Some(refused)) => refused,
        (Some("ok"), None) | (None, _) => {
            return Err(broken("the report of a push does not name the branch"));
        }
        (Some(reason), _) => Some(format!("the server could not take the objects: {reason}")),
    };
    Ok(Report { refused, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Kind, parse_id};
    use proptest::prelude::*;

    const MAIN: &str = "refs/heads/main";

    fn report(lines: &[&str], text: &str) -> Vec<u8> {
        let mut inner = vec![1];
        for line in lines {
            pkt::line(&mut inner, line);
        }
        pkt::flush(&mut inner);
        let mut out = Vec::new();
        pkt::data(&mut out, &[b"\x02", text.as_bytes()].concat());
        pkt::data(&mut out, &inner);
        pkt::flush(&mut out);
        out
    }

    #[test]
    fn a_request_names_the_old_and_the_new_id() {
        let new = parse_id("0123456789012345678901234567890123456789").unwrap();
        let blob = Object::new(Kind::Blob, &b"x"[..]).unwrap();
        let bytes = Push { refname: MAIN, old: None, new, objects: &[blob] }.request().unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text[4..].starts_with(&format!("{} {new} {MAIN}\0report-status side-band-64k", "0".repeat(40)))
        );
        assert!(text.contains("0000PACK"));
    }

    #[test]
    fn reports_are_read() {
        let read = |lines: &[&str]| read(&report(lines, "remote says\n"), MAIN, &Limits::default());
        let good = read(&["unpack ok", "ok refs/heads/main"]).unwrap();
        assert_eq!(good, Report { refused: None, text: "remote says".into() });
        let hook = read(&["unpack ok", "ng refs/heads/main pre-receive hook declined"]).unwrap();
        assert_eq!(hook.refused.as_deref(), Some("pre-receive hook declined"));
        assert!(!hook.lost_race());
        let race = read(&["unpack ok", "ng refs/heads/main failed to update ref"]).unwrap();
        assert!(race.lost_race());
        let full = read(&["unpack index-pack abnormal exit", "ng refs/heads/main unpacker error"]).unwrap();
        assert!(full.refused.unwrap().contains("abnormal exit"));
        for lines in [&["unpack ok"][..], &["unpack ok", "ok refs/heads/other"], &[]] {
            assert!(read(lines).unwrap_err().to_string().contains("does not name the branch"));
        }
    }

    #[test]
    fn errors_outside_the_report_are_passed_on() {
        let mut out = Vec::new();
        pkt::data(&mut out, b"\x03disk full");
        assert!(read(&out, MAIN, &Limits::default()).unwrap_err().to_string().contains("disk full"));
        let mut out = Vec::new();
        pkt::line(&mut out, "ERR no access");
        assert!(read(&out, MAIN, &Limits::default()).unwrap_err().to_string().contains("no access"));
    }

    proptest! {
        #[test]
        fn any_report_ends(lines in proptest::collection::vec("(unpack|ok|ng)? ?(ok|refs/heads/main)? ?.{0,10}", 0..4)) {
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            let _ = read(&report(&lines, ""), MAIN, &Limits::default());
        }
    }
}
