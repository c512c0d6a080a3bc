//! What two renderings of one text have in common, and what was generated in between.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The least length of common text that counts inside of a text: shorter ones may be a coincidence.
const INSIDE: usize = 4;
/// The same at the beginning and at the end.
const AT_END: usize = 2;

/// A text as common parts and generated ones.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Text before each generated part, and after the last one: one more than there are generated parts.
    literals: Vec<String>,
    /// Where the generated parts stand in the first text.
    first: Vec<Range<usize>>,
}

impl Pattern {
    /// Compares two renderings, which must differ.
    pub(crate) fn of(a: &str, b: &str) -> Self {
        let mut parts = generated(a, b);
        // A part begins at the text's beginning or ends at its end where what is left over is too short.
        if let Some(first) = parts.first_mut().filter(|p| p.start < AT_END) {
            first.start = 0;
        }
        if let Some(last) = parts.last_mut().filter(|p| a.len() - p.end < AT_END) {
            last.end = a.len();
        }
        let mut first: Vec<Range<usize>> = Vec::new();
        for part in parts {
            match first.last_mut() {
                Some(last) if part.start < last.end + INSIDE => last.end = part.end.max(last.end),
                _ => first.push(part),
            }
        }
        // Two random texts of many different letters often have a few in common.
        let common = a.len() - first.iter().map(Range::len).sum::<usize>();
        if common < INSIDE && !first.is_empty() {
            first = std::iter::once(0..a.len()).collect();
        }
        let starts = std::iter::once(0).chain(first.iter().map(|p| p.end));
        let ends = first.iter().map(|p| p.start).chain([a.len()]);
        let literals = starts.zip(ends).map(|(start, end)| a[start..end].to_owned()).collect();
        Self { literals, first }
    }

    /// Whether nothing of the text is common.
    pub(crate) fn is_all_generated(&self) -> bool {
        self.literals.iter().all(String::is_empty)
    }

    /// The generated parts of the first text.
    pub(crate) fn parts(&self) -> &[Range<usize>] {
        &self.first
    }

    /// The generated parts of another text that has the same common ones.
    pub(crate) fn captures<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (head, rest) = self.literals.split_first()?;
        let (tail, middle) = rest.split_last()?;
        let inner = text.strip_prefix(head.as_str())?;
        let mut inner = inner.strip_suffix(tail.as_str())?;
        let mut found = Vec::new();
        for literal in middle {
            // Something generated is never empty.
            let from = inner.chars().next().map_or(0, char::len_utf8);
            let at = from + inner.get(from..)?.find(literal.as_str())?;
            found.push(&inner[..at]);
            inner = &inner[at + literal.len()..];
        }
        found.push(inner);
        found.iter().all(|part| !part.is_empty()).then_some(found)
    }
}

/// What stands in `other` where `a` has its generated parts, if the texts around them were changed as well: each
/// part has to be one whole difference, of the same length.
pub(crate) fn aligned<'t>(a: &str, parts: &[Range<usize>], other: &'t str) -> Option<Vec<&'t str>> {
    let (ours, theirs) = (tokens(a), tokens(other));
    let words = |ranges: &[Range<usize>], text| ranges.iter().map(|r| slice(text, r)).collect::<Vec<_>>();
    let ops = capture_diff_slices(Algorithm::Myers, &words(&ours, a), &words(&theirs, other));
    let one = |part: &Range<usize>| {
        let op = ops.iter().filter(|op| matches!(op, DiffOp::Replace { .. }));
        op.into_iter().find_map(|op| {
            let (old, new) = (span(&ours, &op.old_range())?, span(&theirs, &op.new_range())?);
            (old == *part && new.len() == part.len()).then(|| slice(other, &new))
        })
    };
    parts.iter().map(one).collect()
}

fn slice<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    text.get(range.clone()).unwrap_or_default()
}

fn span(tokens: &[Range<usize>], range: &Range<usize>) -> Option<Range<usize>> {
    let tokens = tokens.get(range.clone())?;
    Some(tokens.first()?.start..tokens.last()?.end)
}

/// The parts of `a` that differ from `b`.
fn generated(a: &str, b: &str) -> Vec<Range<usize>> {
    let (ours, theirs) = (tokens(a), tokens(b));
    let words = |ranges: &[Range<usize>], text| ranges.iter().map(|r| slice(text, r)).collect::<Vec<_>>();
    let ops = capture_diff_slices(Algorithm::Myers, &words(&ours, a), &words(&theirs, b));
    let mut parts: Vec<Range<usize>> = Vec::new();
    for op in ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        let Some(range) = span(&ours, &op.old_range()) else { continue };
        let other = span(&theirs, &op.new_range()).map_or("", |r| slice(b, &r));
        parts.push(narrowed(a, range, other));
    }
    parts
}

/// A difference without the text that both sides begin or end with, where that is too long to be a coincidence.
fn narrowed(a: &str, range: Range<usize>, other: &str) -> Range<usize> {
    let ours = slice(a, &range);
    let hex = |text: &str| text.bytes().all(|c| c.is_ascii_hexdigit());
    if !ours.is_ascii()
        || !other.is_ascii()
        || (hex(ours) && hex(other))
        || ours.contains(|c: char| !c.is_ascii_alphanumeric())
    {
        return range;
    }
    let common = |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(x, y)| x == y).count();
    let most = ours.len().min(other.len()).saturating_sub(1);
    let mut head = common(&mut ours.bytes().zip(other.bytes())).min(most);
    let mut tail = common(&mut ours.bytes().rev().zip(other.bytes().rev())).min(most);
    head = if head < INSIDE { 0 } else { head };
    tail = if tail < INSIDE || head + tail > most { 0 } else { tail };
    range.start + head..range.end - tail
}

/// Words, single other characters, and PEM blocks as one.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match super::certificate::block(rest) {
            Some(block) => block.len(),
            None if c.is_alphanumeric() => rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()),
            None => c.len_utf8(),
        };
        found.push(at..at + length);
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_is_told_from_what_was_generated() {
        for (a, b, old, want) in [
            ("x7Gh2kLp", "aa9Kq1Zz", "old45678", Some(vec!["old45678"])),
            (
                "postgres://u:AAAA1111@db/x",
                "postgres://u:BBBB2222@db/x",
                "postgres://u:OOOO3333@db/x",
                Some(vec!["OOOO3333"]),
            ),
            (
                "postgres://u:AAAA1111@db/x",
                "postgres://u:BBBB2222@db/x",
                "postgres://u:OOOO3333@other/x",
                None,
            ),
            ("helloAbCdE", "helloZyXwV", "helloOOOOO", Some(vec!["OOOOO"])),
            ("helloAbCdE", "helloZyXwV", "hiOOOOO", None),
            ("$2a$10$abc/def", "$2a$10$ghi.jkl", "$2a$10$mno/pqr", Some(vec!["mno/pqr"])),
            (
                "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                "6fa459ea-ee8a-4ca4-894e-db77e160355e",
                "x",
                Some(vec!["x"]),
            ),
            ("!a:b", "c:d!", "o", Some(vec!["o"])),
            ("ab%1xy", "ab&2zw", "!!$3qr", Some(vec!["!!$3qr"])),
            (
                "{\"a\":\"AA1AA\",\"b\":\"CC2CC\"}",
                "{\"a\":\"BB1BB\",\"b\":\"DD2DD\"}",
                "{\"a\":\"OO\",\"b\":\"PP\"}",
                Some(vec!["OO", "PP"]),
            ),
        ] {
            assert_eq!(Pattern::of(a, b).captures(old), want, "{a}");
        }
    }

    #[test]
    fn parts_are_found_again_in_a_text_that_changed_around_them() {
        let (a, b) = ("postgres://u:AAAA1111@new.host/x", "postgres://u:BBBB2222@new.host/x");
        let pattern = Pattern::of(a, b);
        assert_eq!(aligned(a, pattern.parts(), "postgres://u:OOOO3333@old/x"), Some(vec!["OOOO3333"]));
        assert_eq!(aligned(a, pattern.parts(), "postgres://u:short@old/x"), None);
        assert_eq!(aligned(a, pattern.parts(), "nothing"), None);
    }
}
