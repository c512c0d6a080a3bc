//! Finds comments: the YAML parser passes over them, but says where every scalar stands.

use std::collections::VecDeque;

use saphyr_parser::{Event, Span};
use zeroize::Zeroizing;

use crate::tree::Comment;

/// A comment and where it stands: character and line from the start, column from 0.
pub(crate) struct Found {
    pub(crate) comment: Comment,
    pub(crate) index: usize,
    pub(crate) column: usize,
}

/// All comments of a text, in order. What lies within a scalar is none.
pub(crate) fn find(text: &str, events: &[(Event<'_>, Span)]) -> VecDeque<Found> {
    let scalars = events.iter().filter(|(event, _)| matches!(event, Event::Scalar(..)));
    let mut scalars = scalars.map(|(_, span)| (span.start.index(), span.end.index())).peekable();
    let mut found = VecDeque::new();
    let (mut column, mut before, mut only_space) = (0, '\n', true);
    let mut characters = text.chars().enumerate().peekable();
    while let Some((index, c)) = characters.next() {
        while scalars.peek().is_some_and(|(_, end)| *end <= index) {
            scalars.next();
        }
        let inside = scalars.peek().is_some_and(|(start, end)| (*start..*end).contains(&index));
        if c == '#' && !inside && before.is_whitespace() {
            let mut comment = Zeroizing::new(String::new());
            while let Some((_, c)) = characters.next_if(|(_, c)| !matches!(c, '\n' | '\r')) {
                comment.push(c);
            }
            let comment = Comment { text: comment, inline: !only_space };
            found.push_back(Found { comment, index, column });
            continue;
        }
        column += 1;
        only_space &= c.is_whitespace();
        if c == '\n' {
            (column, only_space) = (0, true);
        }
        before = c;
    }
    found
}
