//! What two renderings of one text have in common, and what was generated in between.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::clock;

/// The least length of common text that counts inside of a text: shorter ones may be a coincidence.
const INSIDE: usize = 4;
/// The same at the beginning and at the end.
const AT_END: usize = 2;

/// How unlikely, as a power of two, a coincidence has to be for common text to count that holds nothing but what the
/// generator itself draws.
const BITS: f64 = 30.0;

/// Whether a byte is one of an alphabet.
type Has = fn(u8) -> bool;

/// What a generator draws from, judged by what it drew: the smallest alphabet that has it all.
struct Alphabet {
    size: f64,
    has: Has,
}

impl Alphabet {
    /// `whole` are the two texts: where they hold nothing but Base64, a separator in them may be drawn as well.
    fn of<'t>(drawn: impl Iterator<Item = &'t str> + Clone, whole: [&str; 2]) -> Self {
        if whole.into_iter().all(is_base64) && whole.into_iter().any(|text| text.contains(['+', '/'])) {
            return Self {
                size: 64.0,
                has: |c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'='),
            };
        }
        let known: [(f64, Has); 7] = [
            (10.0, |c| c.is_ascii_digit()),
            (16.0, |c| matches!(c, b'0'..=b'9' | b'a'..=b'f')),
            (26.0, |c| c.is_ascii_lowercase()),
            (36.0, |c| c.is_ascii_lowercase() || c.is_ascii_digit()),
            (62.0, |c| c.is_ascii_alphanumeric()),
            (64.0, |c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=')),
            (94.0, |c| c.is_ascii_graphic()),
        ];
        let fits = |has: &Has| drawn.clone().all(|text| text.bytes().all(has));
        let (size, has) = known.into_iter().find(|(_, has)| fits(has)).unwrap_or((256.0, |_| true));
        Self { size, has }
    }

    /// Whether common text is no coincidence: something in it is never drawn, or it is longer than two draws have in
    /// common at one of so many places.
    fn proves(&self, common: &str, places: usize) -> bool {
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let never_drawn = common.bytes().any(|c| !(self.has)(c));
        never_drawn || count(common.len()) * self.size.log2() >= BITS + count(places.max(1)).log2()
    }
}

/// Whether a text is letters, digits, `+` and `/`, with `=` at its end only.
fn is_base64(text: &str) -> bool {
    text.trim_end_matches('=').bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/'))
}

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
        let (mut parts, drawn) = generated(a, b);
        let alphabet = Alphabet::of(drawn.iter().map(String::as_str), [a, b]);
        // A part begins at the text's beginning or ends at its end where what is left over proves nothing.
        let chance = |range: Range<usize>, least: usize, places: usize| {
            range.len() < least || !alphabet.proves(slice(a, &range), places)
        };
        if let Some(first) = parts.first_mut().filter(|p| chance(0..p.start, AT_END, 1)) {
            first.start = 0;
        }
        if let Some(last) = parts.last_mut().filter(|p| chance(p.end..a.len(), AT_END, 1)) {
            last.end = a.len();
        }
        let mut first: Vec<Range<usize>> = Vec::new();
        for part in parts {
            match first.last_mut() {
                Some(last)
                    if part.start <= last.end
                        || chance(last.end..part.start, INSIDE, a.len().saturating_mul(b.len())) =>
                {
                    last.end = part.end.max(last.end);
                }
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

/// The parts of `a` that differ from `b`, and what both have there.
fn generated(a: &str, b: &str) -> (Vec<Range<usize>>, Vec<String>) {
    let (ours, theirs) = (tokens(a), tokens(b));
    let words = |ranges: &[Range<usize>], text| ranges.iter().map(|r| slice(text, r)).collect::<Vec<_>>();
    let ops = capture_diff_slices(Algorithm::Myers, &words(&ours, a), &words(&theirs, b));
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut drawn = Vec::new();
    for op in ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        let other = span(&theirs, &op.new_range()).map_or("", |r| slice(b, &r));
        let Some(range) = span(&ours, &op.old_range()) else {
            // What only the other one has stands beside a word that both have: that one is a coincidence.
            let at = op.old_range().start;
            parts.extend(ours.get(at).or_else(|| ours.get(at.checked_sub(1)?)).cloned());
            drawn.push(other.to_owned());
            continue;
        };
        drawn.extend([slice(a, &range).to_owned(), other.to_owned()]);
        parts.push(narrowed(a, range, other));
    }
    (parts, drawn)
}

/// A difference without the text that both sides begin or end with, where that is too long to be a coincidence.
fn narrowed(a: &str, range: Range<usize>, other: &str) -> Range<usize> {
    let ours = slice(a, &range);
    let hex = |text: &str| text.bytes().all(|c| c.is_ascii_hexdigit());
    if !ours.is_ascii()
        || !other.is_ascii()
        || (hex(ours) && hex(other))
        || (clock::is_one(ours) && clock::is_one(other))
        || ours.contains(|c: char| !c.is_ascii_alphanumeric())
    {
        return range;
    }
    let common = |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(x, y)| x == y).count();
    let most = ours.len().min(other.len()).saturating_sub(1);
    let mut head = common(&mut ours.bytes().zip(other.bytes())).min(most);
    let mut tail = common(&mut ours.bytes().rev().zip(other.bytes().rev())).min(most);
    let alphabet = Alphabet::of([ours, other].into_iter(), [ours, other]);
    let proves = |range: Range<usize>| alphabet.proves(slice(ours, &range), 1);
    head = if proves(0..head) { head } else { 0 };
    tail = if head + tail <= most && proves(ours.len() - tail..ours.len()) { tail } else { 0 };
    range.start + head..range.end - tail
}

/// Words, single other characters, and PEM blocks and times as one.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match super::certificate::block(rest) {
            Some(block) => block.len(),
            None if c.is_alphanumeric() => {
                let word = || rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
                clock::length(rest).unwrap_or_else(word)
            }
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
            // Six letters are shared by chance once in 50 billion times, five are not rare enough.
            ("helloAbCdE", "helloZyXwV", "hiOOOOO", Some(vec!["hiOOOOO"])),
            ("goodbyeAbCdE", "goodbyeZyXwV", "goodbyeOOOOO", Some(vec!["OOOOO"])),
            ("goodbyeAbCdE", "goodbyeZyXwV", "hiOOOOO", None),
            ("shop-x7f2k", "shop-q91zz", "shop-abcde", Some(vec!["abcde"])),
            ("$2a$10$abc/def", "$2a$10$ghi.jkl", "$2a$10$mno/pqr", Some(vec!["mno/pqr"])),
            (
                "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
                "6fa459ea-ee8a-4ca4-894e-db77e160355e",
                "x",
                Some(vec!["x"]),
            ),
            ("!a:b", "c:d!", "o", Some(vec!["o"])),
            (
                "at 2026-11-23T04:05:59Z, age 60432h5m59s",
                "at 2026-11-23T04:06:00Z, age 60432h6m0s",
                "at 2025-01-02T03:04:05Z, age 44028h4m5s",
                Some(vec!["2025-01-02T03:04:05Z", "44028h4m5s"]),
            ),
            (
                "2026-11-23T04:05:29Z",
                "2026-11-23T04:05:30Z",
                "2025-01-02T03:04:05Z",
                Some(vec!["2025-01-02T03:04:05Z"]),
            ),
            ("60432h5m29s", "60432h5m30s", "60431h59m1s", Some(vec!["60431h59m1s"])),
            ("AAA++++", "A+A+++A", "+aa0Aaa", Some(vec!["+aa0Aaa"])),
            ("x1AAAA+++++", "y2+++++BBBB", "0ldOLDOLD00", Some(vec!["0ldOLDOLD00"])),
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

    /// What Helm's functions draw from: digits, `uuidv4`'s letters, `randAlpha`, `randAlphaNum`, `randBytes`, `randAscii`.
    const DRAWN: [&str; 6] = ["[0-9]", "[0-9a-f]", "[a-zA-Z]", "[a-zA-Z0-9]", "[a-zA-Z0-9+/]", "[!-~]"];

    fn drawn(
        of: std::ops::Range<usize>,
    ) -> impl proptest::strategy::Strategy<Value = (String, String, String)> {
        use proptest::prelude::*;
        (of, 6usize..80).prop_flat_map(|(alphabet, length)| {
            let one = || {
                proptest::string::string_regex(&format!("{}{{{length}}}", DRAWN[alphabet]))
                    .expect("it is valid")
            };
            (one(), one(), one())
        })
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4096))]

        /// Whatever letters two draws share, nothing of them is taken for the text around a generated part.
        #[test]
        fn nothing_of_a_draw_is_common((a, b, old) in drawn(0..DRAWN.len())) {
            proptest::prop_assume!(a != b && b != old && !old.is_empty());
            let pattern = Pattern::of(&a, &b);
            proptest::prop_assert!(pattern.is_all_generated(), "{pattern:?}");
            proptest::prop_assert_eq!(pattern.captures(&old), Some(vec![old.as_str()]));
        }

        /// Within a text with structure, exactly what was drawn is generated, however often.
        #[test]
        fn exactly_a_draw_is_generated_within_a_text((a, b, old) in drawn(3..4), (c, d, older) in drawn(3..4)) {
            proptest::prop_assume!(a != b && c != d);
            for (before, between, after) in [
                ("postgres://shop:", "@db.shop:5432/shop?key=", "&ssl=on"),
                ("{\"user\": \"shop\", \"password\": \"", "\", \"key\": \"", "\"}"),
                ("password = ", "\n[cache]\nkey = ", "\n# end\n"),
            ] {
                let text = |one: &str, two: &str| format!("{before}{one}{between}{two}{after}");
                let committed = text(&old, &older);
                let pattern = Pattern::of(&text(&a, &c), &text(&b, &d));
                proptest::prop_assert_eq!(pattern.captures(&committed), Some(vec![old.as_str(), older.as_str()]));
            }
        }
    }
}
